/* leyline beside another Rust library. */
#include <leyline.h>

#include <string.h>

uint32_t other_count(uint32_t count);

int main(void) {
    leyline_segment_t *segment = NULL;
    if (LEYLINE_CHECK_VERSION() != LEYLINE_OK) return 1;
    if (other_count(3) != 3 || other_count(200) != 0) return 2;
    if (leyline_segment_attach("nobody", NULL, NULL, &segment) != LEYLINE_ERR_NOT_FOUND) return 3;
    return strstr(leyline_last_error(), "nobody") == NULL ? 4 : 0;
}
