# find_package(leyline [VERSION] [COMPONENTS shared static]) gives the targets
#
#   leyline::leyline   the shared library
#   leyline::static    the static one, with what it needs of the system
#
# each if it is installed; a component that is asked for and is not makes leyline not found. Both come with the headers:
# leyline.h (C11), leyline.hpp (C++17). All paths are relative to this file.
get_filename_component(_leyline_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
set(_leyline_include "${_leyline_prefix}/include")
set(_leyline_lib "")
foreach(_leyline_folder "lib/${CMAKE_LIBRARY_ARCHITECTURE}" lib64 lib)
    if(NOT _leyline_lib AND (EXISTS "${_leyline_prefix}/${_leyline_folder}/libleyline.so.${leyline_VERSION}"
            OR EXISTS "${_leyline_prefix}/${_leyline_folder}/libleyline.a"))
        get_filename_component(_leyline_lib "${_leyline_prefix}/${_leyline_folder}" ABSOLUTE)
    endif()
endforeach()
# Written by an installation that has them elsewhere.
include("${CMAKE_CURRENT_LIST_DIR}/leyline-paths.cmake" OPTIONAL)
get_filename_component(_leyline_include "${_leyline_include}" ABSOLUTE)

set(leyline_shared_FOUND FALSE)
set(leyline_static_FOUND FALSE)
if(_leyline_lib)
    get_filename_component(_leyline_lib "${_leyline_lib}" ABSOLUTE)
    string(REGEX MATCH "^(0\\.[0-9]+|[1-9][0-9]*)" _leyline_interface "${leyline_VERSION}")
    set(_leyline_shared "${_leyline_lib}/libleyline.so.${leyline_VERSION}")
    set(_leyline_static "${_leyline_lib}/libleyline.a")
    if(EXISTS "${_leyline_shared}")
        set(leyline_shared_FOUND TRUE)
        if(NOT TARGET leyline::leyline)
            add_library(leyline::leyline SHARED IMPORTED)
            set_target_properties(leyline::leyline PROPERTIES
                IMPORTED_LOCATION "${_leyline_shared}" IMPORTED_SONAME "libleyline.so.${_leyline_interface}"
                INTERFACE_INCLUDE_DIRECTORIES "${_leyline_include}")
        endif()
    endif()
    if(EXISTS "${_leyline_static}")
        set(leyline_static_FOUND TRUE)
        if(NOT TARGET leyline::static)
            add_library(leyline::static STATIC IMPORTED)
            set_target_properties(leyline::static PROPERTIES
                IMPORTED_LOCATION "${_leyline_static}" INTERFACE_LINK_LIBRARIES "pthread;dl;m;rt;util"
                INTERFACE_INCLUDE_DIRECTORIES "${_leyline_include}")
        endif()
    endif()
endif()

if(NOT leyline_shared_FOUND AND NOT leyline_static_FOUND)
    set(leyline_FOUND FALSE)
    set(leyline_NOT_FOUND_MESSAGE
        "no libleyline.so.${leyline_VERSION} and no libleyline.a in lib, lib64 or lib/ARCHITECTURE of ${_leyline_prefix}")
endif()
foreach(_leyline_component ${leyline_FIND_COMPONENTS})
    if(leyline_FIND_REQUIRED_${_leyline_component} AND NOT leyline_${_leyline_component}_FOUND)
        set(leyline_FOUND FALSE)
        set(leyline_NOT_FOUND_MESSAGE
            "leyline in ${_leyline_prefix} has no component ${_leyline_component}; there are shared and static")
    endif()
endforeach()
unset(_leyline_component)
unset(_leyline_folder)
unset(_leyline_include)
unset(_leyline_interface)
unset(_leyline_lib)
unset(_leyline_prefix)
unset(_leyline_shared)
unset(_leyline_static)
