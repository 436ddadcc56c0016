#include "fs/identities.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "fake_name_service.hpp"
#include "fs/errors.hpp"
#include "fs/synthetic_ids.hpp"
#include "task_runner.hpp"

namespace hdfsmount::fs::testing {
namespace {

class identities_of_names : public ::testing::Test {
 protected:
  result<uid_t> user(const std::string& name, milliseconds patience = seconds(10)) {
    return runner.run(names->user_id(name, in(patience)));
  }
  void again(const identities::options& settings) { names = std::make_unique<identities>(service, clock, settings); }

  void TearDown() override { runner.finish(); }

  task_runner runner;
  fake_clock clock;
  std::shared_ptr<fake_name_service> service = std::make_shared<fake_name_service>();
  std::unique_ptr<identities> names = std::make_unique<identities>(service, clock, identities::options());
};

TEST_F(identities_of_names, asks_once_and_remembers) {
  EXPECT_EQ(*user("alice"), 1001U);
  EXPECT_EQ(*user("alice"), 1001U);
  EXPECT_EQ(*runner.run(names->group_id("staff", in(seconds(10)))), 2001U);
  EXPECT_EQ(service->calls(), 2);
  EXPECT_EQ(names->known_user_id("alice"), 1001U);
  EXPECT_EQ(names->known_user_id("bob"), std::nullopt);
}

TEST_F(identities_of_names, unknown_names_get_stable_ids_that_map_back) {
  const identities::options settings;
  const auto id = user("svc@EXAMPLE.COM");
  ASSERT_TRUE(id);
  EXPECT_GE(*id, settings.unknown_id_base);
  EXPECT_LT(*id, settings.unknown_id_base + settings.unknown_id_count);
  EXPECT_EQ(*runner.run(names->user_name(*id, in(seconds(10)))), "svc@EXAMPLE.COM");
  const int calls = service->calls();
  EXPECT_EQ(*user("svc@EXAMPLE.COM"), *id);
  EXPECT_EQ(service->calls(), calls) << "the negative answer was not remembered";
  again(settings);
  EXPECT_EQ(*user("svc@EXAMPLE.COM"), *id) << "another run of the daemon gives another id";
}

TEST_F(identities_of_names, users_and_groups_are_apart) {
  const auto id = user("svc");
  ASSERT_TRUE(id);
  const auto as_group = runner.run(names->group_name(*id, in(seconds(10))));
  ASSERT_FALSE(as_group);
  EXPECT_TRUE(as_group.error() == fs_errc::not_found);
}

TEST_F(identities_of_names, ids_map_to_names_through_the_system) {
  EXPECT_EQ(*runner.run(names->user_name(1002, in(seconds(10)))), "bob");
  EXPECT_EQ(*runner.run(names->group_name(2001, in(seconds(10)))), "staff");
  EXPECT_FALSE(runner.run(names->user_name(4711, in(seconds(10)))));
}

TEST_F(identities_of_names, an_expired_answer_is_given_while_it_is_asked_for_again) {
  EXPECT_EQ(*user("alice"), 1001U);
  service->set_user("alice", 7777);
  clock.advance(seconds(301));
  EXPECT_EQ(*user("alice"), 1001U);
  EXPECT_TRUE(eventually([&] { return names->known_user_id("alice") == 7777U; }));
}

TEST_F(identities_of_names, an_unknown_name_may_become_known) {
  const auto before = user("carol");
  ASSERT_TRUE(before);
  service->set_user("carol", 1003);
  clock.advance(seconds(301));
  EXPECT_TRUE(eventually([&] { return names->known_user_id("carol") == 1003U; }));
}

TEST_F(identities_of_names, a_hung_service_is_bounded_by_each_deadline) {
  EXPECT_EQ(*user("alice"), 1001U);
  service->hang();
  const auto begin = std::chrono::steady_clock::now();
  const auto late = user("bob", milliseconds(50));
  ASSERT_FALSE(late);
  EXPECT_TRUE(late.error() == errc::timed_out);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(5));
  clock.advance(seconds(301));
  EXPECT_EQ(*user("alice"), 1001U) << "what is known needs no name service";

  auto cancelled = runner.start(names->user_id("bob", in(seconds(60))));
  cancelled.task.cancel();
  const auto outcome = cancelled.get();
  ASSERT_FALSE(outcome);
  EXPECT_TRUE(outcome.error() == errc::cancelled);

  service->recover();
  EXPECT_EQ(*user("bob"), 1002U);
  ASSERT_TRUE(eventually([&] { return service->calls() >= 3; }));
  EXPECT_EQ(*user("bob"), 1002U);
  EXPECT_EQ(service->calls(), 3) << "alice twice, bob once for all who asked";
}

TEST_F(identities_of_names, ends_although_the_service_hangs) {
  service->hang();
  auto waiting = runner.start(names->user_id("bob", in(milliseconds(20))));
  EXPECT_FALSE(waiting.get());
  const auto begin = std::chrono::steady_clock::now();
  names.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(5));
  service->recover();
}

TEST_F(identities_of_names, a_failing_service_never_replaces_what_was_known) {
  EXPECT_EQ(*user("alice"), 1001U);
  service->fail();
  clock.advance(seconds(301));
  const int before = service->calls();
  EXPECT_EQ(*user("alice"), 1001U);
  EXPECT_TRUE(eventually([&] { return service->calls() > before; }));
  EXPECT_EQ(*user("alice"), 1001U);
  const auto stand_in = user("bob");
  ASSERT_TRUE(stand_in);
  EXPECT_GE(*stand_in, identities::options().unknown_id_base);
  service->recover();
  clock.advance(seconds(11));
  EXPECT_TRUE(eventually([&] { return names->known_user_id("bob") == 1002U; })) << "asked again after ten seconds";
}

TEST_F(identities_of_names, memory_is_bounded) {
  identities::options settings;
  settings.limit = 10;
  again(settings);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(user("u" + std::to_string(i)));
  int known = 0;
  for (int i = 0; i < 100; ++i) known += names->known_user_id("u" + std::to_string(i)).has_value();
  EXPECT_LE(known, 10);
  EXPECT_GT(known, 0);
}

TEST(synthetic_ids_of_names, take_the_next_free_id_on_a_collision) {
  synthetic_ids ids(1000, 2, 100);
  const auto a = ids.id_of("a");
  std::string other = "b";
  while (ids.id_of(other) == a) other += 'b';
  const auto b = ids.id_of(other);
  EXPECT_NE(a, b);
  EXPECT_EQ(ids.name_of(a), "a");
  EXPECT_EQ(ids.name_of(b), other);
  const auto full = ids.id_of("c");
  EXPECT_TRUE(full == 1000 || full == 1001) << "a full range still answers";
  EXPECT_NE(ids.name_of(full), "c");
}

TEST(system_names, root_is_known) {
  const auto service = system_name_service();
  EXPECT_EQ(*service->user_id("root"), 0U);
  EXPECT_EQ(*service->group_id("root"), 0U);
  EXPECT_EQ(*service->user_name(0), "root");
  EXPECT_EQ(*service->group_name(0), "root");
  EXPECT_EQ(*service->user_id("no-such-user-here"), std::nullopt);
  EXPECT_EQ(*service->user_name(4'000'000'000U), std::nullopt);
}

}  // namespace
}  // namespace hdfsmount::fs::testing
