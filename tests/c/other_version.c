/* A controller that knows version 1 of the observation: attaches to the link it is told, says what comes of it, and
 * ends with the number of the error, or 0. */
#include "check.h"

int main(int argc, char **argv) {
    leyline_controller_t *controller = NULL;
    CHECK(argc == 2);
    const leyline_status_t status = leyline_controller_attach(argv[1], NULL, NULL, WAIT(10000000000u), &controller);
    printf("%s\n", status == LEYLINE_OK ? "attached" : leyline_last_error());
    OK(leyline_controller_close(controller));
    return -status;
}
