# Libraries of others, all from the distribution's packages (./quickstart lists them).

find_package(Threads REQUIRED)
find_package(fmt CONFIG REQUIRED)
find_package(simdjson CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(yaml-cpp CONFIG REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
find_path(ROARING_INCLUDE_DIR roaring/roaring.h REQUIRED)
find_library(ROARING_LIBRARY roaring REQUIRED)

# yaml-cpp named its target differently before 0.8.
if(TARGET yaml-cpp::yaml-cpp)
  set(yaml_cpp_target yaml-cpp::yaml-cpp)
else()
  set(yaml_cpp_target yaml-cpp)
endif()

add_library(omnigraph_dependencies INTERFACE)
target_include_directories(omnigraph_dependencies SYSTEM INTERFACE ${ROARING_INCLUDE_DIR})
target_link_libraries(omnigraph_dependencies INTERFACE
  fmt::fmt simdjson::simdjson CLI11::CLI11 ${yaml_cpp_target} PkgConfig::xxhash PkgConfig::zstd
  ZLIB::ZLIB
  ${ROARING_LIBRARY} Threads::Threads)

if(OMNIGRAPH_TESTS)
  find_package(GTest CONFIG REQUIRED)
  find_package(rapidcheck CONFIG QUIET)
  if(NOT TARGET rapidcheck_gtest)
    find_path(RAPIDCHECK_INCLUDE_DIR rapidcheck.h REQUIRED)
    find_library(RAPIDCHECK_LIBRARY rapidcheck REQUIRED)
    add_library(rapidcheck_gtest INTERFACE IMPORTED)
    target_include_directories(rapidcheck_gtest SYSTEM INTERFACE ${RAPIDCHECK_INCLUDE_DIR})
    target_link_libraries(rapidcheck_gtest INTERFACE ${RAPIDCHECK_LIBRARY})
  endif()
endif()
