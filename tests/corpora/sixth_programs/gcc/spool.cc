// Spools prints: Boost.Log as it comes, SQLite, exceptions with causes.
#include "marks.h"
#include <boost/exception/diagnostic_information.hpp>
#include <boost/exception/errinfo_errno.hpp>
#include <boost/exception/errinfo_file_name.hpp>
#include <boost/exception/all.hpp>
#include <boost/log/trivial.hpp>
#include <boost/log/utility/setup/console.hpp>
#include <boost/log/utility/setup/common_attributes.hpp>
#include <filesystem>
#include <functional>
#include <future>
#include <iostream>
#include <map>
#include <optional>
#include <regex>
#include <sqlite3.h>
#include <string>
#include <system_error>
#include <thread>
#include <variant>
#include <vector>

struct SpoolError : virtual std::exception, virtual boost::exception {
  const char *what() const noexcept override { return "spool is not usable"; }
};

static void sql(const char *text) {
  sqlite3 *db;
  sqlite3_open(":memory:", &db);
  char *why = nullptr;
  if (sqlite3_exec(db, text, nullptr, nullptr, &why) != SQLITE_OK) {
    std::string told = why;
    sqlite3_free(why);
    sqlite3_close(db);
    throw std::runtime_error("SQL error: " + told);
  }
  sqlite3_close(db);
}

static const std::map<std::string, std::function<void()>> failures = {
    {"at", [] { std::vector<int>{1, 2}.at(7); }},
    {"stoi", [] { (void)std::stoi("A4"); }},
    {"range", [] { (void)std::stoi("99999999999"); }},
    {"key", [] { std::map<std::string, int>{}.at("duplex"); }},
    {"sql", [] { sql("SELECT * FROM jobs"); }},
    {"syntax", [] { sql("INSERT jobs VALUES 1"); }},
    {"file", [] { std::filesystem::file_size("/srv/spool/job-17.ps"); }},
    {"rename", [] { std::filesystem::rename("/srv/spool/a", "/srv/spool/b"); }},
    {"boost", [] {
       errno = ENOSPC;
       BOOST_THROW_EXCEPTION(SpoolError() << boost::errinfo_errno(28) << boost::errinfo_file_name("/srv/spool/out"));
     }},
    {"optional", [] { std::optional<int>{}.value(); }},
    {"variant", [] { std::get<int>(std::variant<int, double>{2.0}); }},
    {"regex", [] { std::regex("job-[0-9"); }},
    {"future", [] { std::promise<int> *p = new std::promise<int>; auto f = p->get_future(); delete p; f.get(); }},
    {"length", [] { std::string().resize(SIZE_MAX); }},
    {"alloc", [] { delete[] new char[SIZE_MAX / 4 + chance(2)]; }},
    {"function", [] { std::function<void()>{}(); }},
    {"system", [] { throw std::system_error(ECONNREFUSED, std::generic_category(), "printer 4"); }},
    {"nested", [] {
       try { std::filesystem::create_directory("/proc/spool"); } catch (...) { std::throw_with_nested(std::runtime_error("job 8 has no folder")); }
     }},
};

static std::string chain(const std::exception &e, int depth = 0) {
  std::string told = (depth ? "\n" + std::string(2 * depth, ' ') + "caused by: " : std::string()) + e.what();
  try { std::rethrow_if_nested(e); } catch (const std::exception &cause) { told += chain(cause, depth + 1); }
  return told;
}

static void healthy() {
  unsigned n = chance(9000);
  switch (n % 9) {
    case 0: BOOST_LOG_TRIVIAL(info) << "job " << n << " printed"; break;
    case 1: BOOST_LOG_TRIVIAL(debug) << "queue holds " << n % 30 << " jobs, 0 errors"; break;
    case 2: BOOST_LOG_TRIVIAL(trace) << "job_error_handler registered"; break;
    case 3: BOOST_LOG_TRIVIAL(warning) << "printer 4 is low on toner"; break;
    case 4: BOOST_LOG_TRIVIAL(info) << "job " << n << " printed after retry (first attempt failed)"; break;
    case 5: BOOST_LOG_TRIVIAL(info) << "document 'Fatal exception.docx' accepted"; break;
    case 6: BOOST_LOG_TRIVIAL(debug) << "exit status of filter: 0 (no error)"; break;
    case 7: BOOST_LOG_TRIVIAL(warning) << "page " << n << " is larger than tray 2"; break;
    default: BOOST_LOG_TRIVIAL(info) << "user " << n << " has " << n % 40 << " pages left";
  }
}

int main(int argc, char **argv) {
  sow(argc, argv);
  boost::log::add_common_attributes();
  std::string mode = argv[1];
  if (mode == "fall") {
    for (int i = 0; i < 4; i++) healthy();
    begin();
    if (std::string(argv[2]) == "thread") std::thread([] { failures.at("file")(); }).join();
    if (std::string(argv[2]) == "noexcept") [&]() noexcept { failures.at("stoi")(); }();
    failures.at(argv[2])();
  }
  for (int round = 0; round < 2; round++)
    for (const auto &[name, failing] : failures) {
      for (int i = chance(6); i > 0; i--) healthy();
      try {
        failing();
      } catch (const std::exception &e) {
        begin();
        switch (chance(4)) {
          case 0: BOOST_LOG_TRIVIAL(error) << "job " << chance(99) << " failed: " << chain(e); break;
          case 1: BOOST_LOG_TRIVIAL(fatal) << "spooler stops: " << e.what(); break;
          case 2: BOOST_LOG_TRIVIAL(error) << boost::diagnostic_information(e); break;
          default: BOOST_LOG_TRIVIAL(error) << "Auftrag " << name << " wurde nicht gedruckt (" << e.what() << ")";
        }
        end();
      }
    }
}
