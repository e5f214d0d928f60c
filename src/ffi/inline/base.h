/** leyline_check_version() with the numbers of this header: LEYLINE_OK if the library that runs is one for it. */
#define LEYLINE_CHECK_VERSION() \
    leyline_check_version(LEYLINE_ABI_VERSION, LEYLINE_VERSION_MAJOR, LEYLINE_VERSION_MINOR, LEYLINE_VERSION_PATCH)
