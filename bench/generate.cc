// Writes the benchmark's social graph: persons with name, age and gender who follow each other with
// power-law popularity, live in cities of states of countries, and have interests. The same seed
// gives the same bytes on every machine.
//
//   generate DIR PERSONS FOLLOWS [SEED]
//
// DIR receives schema.pg and data.jsonl (what Omnigraph loads) and one CSV a table (what the other
// systems load): person.csv, city.csv, state.csv, country.csv, interest.csv, follows.csv,
// lives_in.csv, city_in.csv, state_in.csv, has_interest.csv.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace {

// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
  std::uint64_t state_;
};

class Output {
 public:
  explicit Output(const std::filesystem::path& path) : file_(std::fopen(path.c_str(), "wb")) {
    if (file_ == nullptr) {
      std::fprintf(stderr, "cannot write %s\n", path.c_str());
      std::exit(1);
    }
    buffer_.reserve(kFlush + 4096);
  }
  ~Output() {
    flush();
    if (std::fclose(file_) != 0) std::exit(1);
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  template <typename... Parts>
  void line(const Parts&... parts) {
    (add(parts), ...);
    buffer_ += '\n';
    if (buffer_.size() > kFlush) flush();
  }

 private:
  static constexpr std::size_t kFlush = 1 << 20;
  void add(std::string_view text) { buffer_ += text; }
  void add(std::uint64_t number) { buffer_ += std::to_string(number); }
  void flush() {
    if (std::fwrite(buffer_.data(), 1, buffer_.size(), file_) != buffer_.size()) std::exit(1);
    buffer_.clear();
  }
  std::FILE* file_;
  std::string buffer_;
};

constexpr std::string_view kSchema = R"(// A social graph, for measuring.
node Person {
    key: String @key
    name: String
    age: I32
    gender: enum(female, male)
}
node City { key: String @key  name: String }
node State { key: String @key  name: String }
node Country { key: String @key  name: String }
node Interest { key: String @key  name: String }

edge Follows: Person -> Person
edge LivesIn: Person -> City
edge HasInterest: Person -> Interest
edge CityIn: City -> State
edge StateIn: State -> Country
)";

constexpr std::uint64_t kCountries = 3, kStates = 50, kCities = 600, kInterests = 40;
constexpr std::string_view kSyllables[] = {"ka", "lo",  "mi", "ra",  "ten", "su", "vel", "or",
                                           "an", "bri", "do", "fen", "gal", "hu", "is",  "jo"};

std::string word(Generator& random, std::uint64_t syllables) {
  std::string text;
  for (std::uint64_t i = 0; i < syllables; ++i) text += kSyllables[random.below(16)];
  text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: generate DIR PERSONS FOLLOWS [SEED]\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  const std::uint64_t persons = std::strtoull(argv[2], nullptr, 10);
  const std::uint64_t follows = std::strtoull(argv[3], nullptr, 10);
  Generator random(argc > 4 ? std::strtoull(argv[4], nullptr, 10) : 42);
  if (persons < 2 || follows > persons * (persons - 1) / 4) {
    std::fprintf(stderr, "too few persons for that many follows\n");
    return 2;
  }
  std::filesystem::create_directories(folder);
  Output(folder / "schema.pg").line(kSchema);
  Output data(folder / "data.jsonl");

  const auto places = [&](std::string_view type, std::string_view file, char prefix,
                          std::uint64_t count, std::uint64_t syllables) {
    Output csv(folder / file);
    csv.line("key,name");
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::string name = word(random, syllables);
      const std::string key = prefix + std::to_string(i);
      data.line(R"({"type":")", type, R"(","data":{"key":")", key, R"(","name":")", name, R"("}})");
      csv.line(key, ",", name);
    }
  };
  places("Country", "country.csv", 'n', kCountries, 3);
  places("State", "state.csv", 's', kStates, 3);
  places("City", "city.csv", 'c', kCities, 4);
  places("Interest", "interest.csv", 'i', kInterests, 2);

  const auto edge = [&](Output& csv, std::string_view type, char from_prefix, std::uint64_t from,
                        char to_prefix, std::uint64_t to) {
    const std::string a = from_prefix + std::to_string(from), b = to_prefix + std::to_string(to);
    data.line(R"({"edge":")", type, R"(","from":")", a, R"(","to":")", b, R"("})");
    csv.line(a, ",", b);
  };
  {
    Output csv(folder / "city_in.csv");
    csv.line("src,dst");
    for (std::uint64_t i = 0; i < kCities; ++i) edge(csv, "CityIn", 'c', i, 's', i % kStates);
  }
  {
    Output csv(folder / "state_in.csv");
    csv.line("src,dst");
    for (std::uint64_t i = 0; i < kStates; ++i) edge(csv, "StateIn", 's', i, 'n', i % kCountries);
  }
  {
    Output csv(folder / "person.csv"), lives(folder / "lives_in.csv");
    Output likes(folder / "has_interest.csv");
    csv.line("key,name,age,gender");
    lives.line("src,dst");
    likes.line("src,dst");
    for (std::uint64_t i = 0; i < persons; ++i) {
      const std::string name = word(random, 2) + ' ' + word(random, 3);
      const std::uint64_t age = 18 + random.below(63);
      const std::string_view gender = random.below(2) == 0 ? "female" : "male";
      data.line(R"({"type":"Person","data":{"key":"p)", i, R"(","name":")", name, R"(","age":)",
                age, R"(,"gender":")", gender, R"("}})");
      csv.line("p", i, ",", name, ",", age, ",", gender);
      edge(lives, "LivesIn", 'p', i, 'c', random.below(kCities));
      const std::uint64_t count = 1 + random.below(4);
      std::uint64_t interest = random.below(kInterests);
      for (std::uint64_t k = 0; k < count; ++k) {
        edge(likes, "HasInterest", 'p', i, 'i', interest);
        interest = (interest + 1 + random.below(kInterests / 8)) % kInterests;
      }
    }
  }
  {
    // Popularity is a bounded power law over a random ranking: target rank = n·u^gamma. Sources are
    // uniform, so in- and out-degree are independent. Pairs are distinct and never loops.
    constexpr double kGamma = 1.35;
    Output csv(folder / "follows.csv");
    csv.line("src,dst");
    std::vector<std::uint32_t> ranking(persons);
    for (std::uint64_t i = 0; i < persons; ++i) ranking[i] = static_cast<std::uint32_t>(i);
    for (std::uint64_t i = persons - 1; i > 0; --i) {
      std::swap(ranking[i], ranking[random.below(i + 1)]);
    }
    std::unordered_set<std::uint64_t> seen;
    seen.reserve(follows * 2);
    while (seen.size() < follows) {
      const std::uint64_t source = random.below(persons);
      const double skewed = std::pow(random.unit(), kGamma) * static_cast<double>(persons);
      const std::uint64_t rank = std::min(persons - 1, static_cast<std::uint64_t>(skewed));
      const std::uint64_t target = ranking[rank];
      if (source == target || !seen.insert(source << 32 | target).second) continue;
      edge(csv, "Follows", 'p', source, 'p', target);
    }
  }
  return 0;
}
