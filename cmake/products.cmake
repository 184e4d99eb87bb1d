# What is built from the rooms: the library (static and shared) from all but `cli`, and the program;
# and what `cmake --install` makes of them: a tree that may be moved as a whole.

set(library_rooms ${OMNIGRAPH_ROOMS})
list(REMOVE_ITEM library_rooms cli)
set(library_objects "")
foreach(room IN LISTS library_rooms)
  list(APPEND library_objects $<TARGET_OBJECTS:og_${room}_objects>)
endforeach()

foreach(kind IN ITEMS static shared)
  string(TOUPPER ${kind} type)
  add_library(libomnigraph_${kind} ${type} ${library_objects})
  set_target_properties(libomnigraph_${kind} PROPERTIES OUTPUT_NAME omnigraph LINKER_LANGUAGE CXX)
  target_include_directories(libomnigraph_${kind} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)
  target_compile_features(libomnigraph_${kind} INTERFACE cxx_std_20)
  target_link_libraries(libomnigraph_${kind} PRIVATE
    $<BUILD_INTERFACE:omnigraph_dependencies> $<BUILD_INTERFACE:omnigraph_rust>)
endforeach()
set_target_properties(libomnigraph_shared PROPERTIES
  EXPORT_NAME omnigraph
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR} INSTALL_RPATH "$ORIGIN"
  BUILD_WITH_INSTALL_RPATH ON)
# What comes from the crate is nobody else's business.
target_link_options(libomnigraph_shared PRIVATE -Wl,--exclude-libs,libomnigraph_rust.a)
# Who links the static library brings what the shared one has inside or asks for itself.
set_target_properties(libomnigraph_static PROPERTIES EXPORT_NAME omnigraph_static)
target_link_libraries(libomnigraph_static INTERFACE
  $<INSTALL_INTERFACE:$<INSTALL_PREFIX>/${CMAKE_INSTALL_LIBDIR}/libomnigraph_rust.a>
  $<INSTALL_INTERFACE:fmt> $<INSTALL_INTERFACE:simdjson> $<INSTALL_INTERFACE:roaring>
  $<INSTALL_INTERFACE:xxhash> $<INSTALL_INTERFACE:zstd> $<INSTALL_INTERFACE:yaml-cpp>
  $<INSTALL_INTERFACE:pthread> $<INSTALL_INTERFACE:dl> $<INSTALL_INTERFACE:m>)

if(EXISTS ${PROJECT_SOURCE_DIR}/src/cli/main.cc)
  add_executable(omnigraph src/cli/main.cc)
  target_link_libraries(omnigraph PRIVATE omnigraph_options omnigraph_dependencies)
  if(TARGET og_cli)
    target_link_libraries(omnigraph PRIVATE og_cli)
  endif()
  # It holds the library itself and asks only for the system's: no path to search, not even one kept
  # free for installing, which the loader would take for the working directory.
  set_target_properties(omnigraph PROPERTIES SKIP_BUILD_RPATH ON INSTALL_RPATH "")
  install(TARGETS omnigraph RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/omnigraph)
install(TARGETS libomnigraph_shared libomnigraph_static EXPORT omnigraph_targets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${rust_library} DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/omnigraph DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT omnigraph_targets FILE omnigraph-targets.cmake NAMESPACE omnigraph::
        DESTINATION ${package_dir})
configure_package_config_file(cmake/omnigraph-config.cmake.in
  ${CMAKE_BINARY_DIR}/omnigraph-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/omnigraph-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/omnigraph-config.cmake
              ${CMAKE_BINARY_DIR}/omnigraph-config-version.cmake
        DESTINATION ${package_dir})
