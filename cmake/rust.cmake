# The crate of rust/, built by cargo into one static library behind a C interface. Presets share
# what cargo compiled.
find_program(CARGO cargo HINTS $ENV{CARGO_HOME}/bin $ENV{HOME}/.cargo/bin REQUIRED)
set(OMNIGRAPH_RUST_TARGET_DIR ${PROJECT_SOURCE_DIR}/build/rust CACHE PATH
    "Where cargo keeps what it compiled")

set(rust_library ${CMAKE_BINARY_DIR}/rust/libomnigraph_rust.a)
file(GLOB rust_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/rust/src/*.rs)
add_custom_command(
  OUTPUT ${rust_library}
  COMMAND ${CMAKE_COMMAND} -E env CARGO_TARGET_DIR=${OMNIGRAPH_RUST_TARGET_DIR}
          ${CARGO} build --quiet --release --locked
  COMMAND ${CMAKE_COMMAND} -E copy
          ${OMNIGRAPH_RUST_TARGET_DIR}/release/libomnigraph_rust.a ${rust_library}
  DEPENDS ${rust_sources} ${PROJECT_SOURCE_DIR}/rust/Cargo.toml ${PROJECT_SOURCE_DIR}/rust/Cargo.lock
  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}/rust
  COMMENT "Building the Rust crate"
  VERBATIM)
add_custom_target(omnigraph_rust_build DEPENDS ${rust_library})

add_library(omnigraph_rust INTERFACE)
add_dependencies(omnigraph_rust omnigraph_rust_build)
target_link_libraries(omnigraph_rust INTERFACE
  ${rust_library} gcc_s util rt Threads::Threads m ${CMAKE_DL_LIBS})
