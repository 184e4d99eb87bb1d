# Programs of bench/, in build/<preset>/. The generator needs nothing of ours; the measurements go
# through the public API like any application.
add_executable(bench_generate ${PROJECT_SOURCE_DIR}/bench/generate.cc)
target_link_libraries(bench_generate PRIVATE omnigraph_options)

add_executable(omnigraph_bench ${PROJECT_SOURCE_DIR}/bench/omnigraph_bench.cc)
target_link_libraries(omnigraph_bench PRIVATE omnigraph_options omnigraph_dependencies libomnigraph_static)
add_executable(omnigraph_writes ${PROJECT_SOURCE_DIR}/bench/omnigraph_writes.cc)
target_link_libraries(omnigraph_writes PRIVATE omnigraph_options omnigraph_dependencies libomnigraph_static)
add_executable(omnigraph_history ${PROJECT_SOURCE_DIR}/bench/omnigraph_history.cc)
target_link_libraries(omnigraph_history PRIVATE omnigraph_options omnigraph_dependencies libomnigraph_static)
set_target_properties(bench_generate omnigraph_bench omnigraph_writes omnigraph_history PROPERTIES
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})

# The segment layer alone, through its own doors.
add_executable(bench_segments ${PROJECT_SOURCE_DIR}/bench/segments.cc)
target_link_libraries(bench_segments PRIVATE omnigraph_options omnigraph_dependencies og_storage)
set_target_properties(bench_segments PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})

# A graph over a store that answers as late as one in the cloud.
add_executable(bench_object_store ${PROJECT_SOURCE_DIR}/bench/object_store.cc)
target_link_libraries(bench_object_store PRIVATE omnigraph_options omnigraph_dependencies og_graph)
set_target_properties(bench_object_store PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
