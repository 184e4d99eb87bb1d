# omnigraph_room(<name> [DEPENDS <room>...]): src/<name>/*.cc and one level of folders below become
#   og_<name>_objects  the compiled files, for the library
#   og_<name>          a static library that brings the rooms it depends on, for tests
# src/<name>/main.cc is left out: it belongs to a program. A room without files is skipped.
set(OMNIGRAPH_ROOMS "")

function(omnigraph_room name)
  cmake_parse_arguments(ROOM "" "" "DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/src/${name}/*.cc ${PROJECT_SOURCE_DIR}/src/${name}/*/*.cc)
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  if(NOT sources)
    return()
  endif()
  add_library(og_${name}_objects OBJECT ${sources})
  target_link_libraries(og_${name}_objects PRIVATE omnigraph_options omnigraph_dependencies)
  add_library(og_${name} STATIC $<TARGET_OBJECTS:og_${name}_objects>)
  set_target_properties(og_${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_link_libraries(og_${name} PUBLIC
    omnigraph_options omnigraph_dependencies omnigraph_rust)
  foreach(other IN LISTS ROOM_DEPENDS)
    if(TARGET og_${other})
      target_link_libraries(og_${name} PUBLIC og_${other})
    endif()
  endforeach()
  list(APPEND OMNIGRAPH_ROOMS ${name})
  set(OMNIGRAPH_ROOMS ${OMNIGRAPH_ROOMS} PARENT_SCOPE)
endfunction()
