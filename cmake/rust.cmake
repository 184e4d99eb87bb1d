# The crate of rust/, built by cargo into a static library behind a C interface.
if(NOT EXISTS ${PROJECT_SOURCE_DIR}/rust/Cargo.toml)
  return()
endif()
