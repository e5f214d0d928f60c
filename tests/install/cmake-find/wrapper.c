/* A shared library that has leyline inside. */
#include <leyline.h>

const char *wrapper_version(void);
const char *wrapper_version(void) {
    return LEYLINE_CHECK_VERSION() == LEYLINE_OK ? leyline_version(NULL) : leyline_last_error();
}
