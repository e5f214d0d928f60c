#include <stdio.h>

const char *wrapper_version(void);

int main(void) {
    printf("leyline %s inside another library\n", wrapper_version());
    return 0;
}
