# What is built from the rooms: the library (static and shared) from all but `cli`, and the program.

set(library_rooms ${OMNIGRAPH_ROOMS})
list(REMOVE_ITEM library_rooms cli)
set(library_objects "")
foreach(room IN LISTS library_rooms)
  list(APPEND library_objects $<TARGET_OBJECTS:og_${room}_objects>)
endforeach()

if(library_rooms)
  foreach(kind IN ITEMS static shared)
    string(TOUPPER ${kind} type)
    add_library(libomnigraph_${kind} ${type} ${library_objects})
    set_target_properties(libomnigraph_${kind} PROPERTIES OUTPUT_NAME omnigraph LINKER_LANGUAGE CXX)
    target_include_directories(libomnigraph_${kind} PUBLIC
      $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)
    target_link_libraries(libomnigraph_${kind} PRIVATE
      $<BUILD_INTERFACE:omnigraph_dependencies> $<BUILD_INTERFACE:omnigraph_rust>)
  endforeach()
  set_target_properties(libomnigraph_shared PROPERTIES
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR} INSTALL_RPATH "$ORIGIN")
  # What comes from the crate is nobody else's business.
  target_link_options(libomnigraph_shared PRIVATE -Wl,--exclude-libs,libomnigraph_rust.a)
endif()

if(EXISTS ${PROJECT_SOURCE_DIR}/src/cli/main.cc)
  add_executable(omnigraph src/cli/main.cc)
  target_compile_definitions(omnigraph PRIVATE OMNIGRAPH_VERSION="${PROJECT_VERSION}")
  target_link_libraries(omnigraph PRIVATE omnigraph_options omnigraph_dependencies)
  if(TARGET og_cli)
    target_link_libraries(omnigraph PRIVATE og_cli)
  endif()
  set_target_properties(omnigraph PROPERTIES INSTALL_RPATH "$ORIGIN/../lib")
endif()
