# The version is that of the header. While its first number is 0, one with another second number is another interface.
set(_leyline_include "${CMAKE_CURRENT_LIST_DIR}/../../../include")
include("${CMAKE_CURRENT_LIST_DIR}/leyline-paths.cmake" OPTIONAL)

set(PACKAGE_VERSION "")
if(EXISTS "${_leyline_include}/leyline/base.h")
    file(STRINGS "${_leyline_include}/leyline/base.h" _leyline_lines REGEX "^#define LEYLINE_VERSION_(MAJOR|MINOR|PATCH) ")
    if("${_leyline_lines}" MATCHES "MAJOR ([0-9]+);.*MINOR ([0-9]+);.*PATCH ([0-9]+)")
        set(PACKAGE_VERSION "${CMAKE_MATCH_1}.${CMAKE_MATCH_2}.${CMAKE_MATCH_3}")
    endif()
endif()

set(PACKAGE_VERSION_COMPATIBLE FALSE)
set(PACKAGE_VERSION_EXACT FALSE)
if(PACKAGE_VERSION STREQUAL "" OR (CMAKE_SIZEOF_VOID_P AND NOT CMAKE_SIZEOF_VOID_P EQUAL 8))
    set(PACKAGE_VERSION_UNSUITABLE TRUE)
elseif(PACKAGE_FIND_VERSION_RANGE)
    if(PACKAGE_VERSION VERSION_GREATER_EQUAL PACKAGE_FIND_VERSION_MIN
        AND (PACKAGE_VERSION VERSION_LESS PACKAGE_FIND_VERSION_MAX
            OR (PACKAGE_FIND_VERSION_RANGE_MAX STREQUAL "INCLUDE"
                AND PACKAGE_VERSION VERSION_EQUAL PACKAGE_FIND_VERSION_MAX)))
        set(PACKAGE_VERSION_COMPATIBLE TRUE)
    endif()
elseif(PACKAGE_VERSION VERSION_GREATER_EQUAL PACKAGE_FIND_VERSION)
    string(REGEX MATCH "^(0\\.[0-9]+|[1-9][0-9]*)" _leyline_have "${PACKAGE_VERSION}")
    string(REGEX MATCH "^(0\\.[0-9]+|[1-9][0-9]*)" _leyline_want "${PACKAGE_FIND_VERSION}")
    # Who asks for "0" asks for any of them.
    if(_leyline_have STREQUAL _leyline_want
        OR (PACKAGE_FIND_VERSION_COUNT EQUAL 1 AND PACKAGE_VERSION MATCHES "^${PACKAGE_FIND_VERSION_MAJOR}\\."))
        set(PACKAGE_VERSION_COMPATIBLE TRUE)
    endif()
    if(PACKAGE_VERSION VERSION_EQUAL PACKAGE_FIND_VERSION)
        set(PACKAGE_VERSION_EXACT TRUE)
    endif()
endif()
