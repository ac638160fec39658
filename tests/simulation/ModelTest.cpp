// The witness: each of its rules can be broken, and what is allowed is none of them.

#include "Model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace patchbay::simulation {
namespace {

using Part = Model::Part;
using namespace std::chrono_literals;

class ModelOf : public ::testing::Test {
protected:
    ModelOf() {
        model.newSpace();
        space = model.newSpace();
        model.setNow(Model::Time{1h});
    }
    Model::Id open(WhenFull whenFull = WhenFull::Close, std::size_t maxTopics = 0) {
        const Model::Id id = model.add({0, 0, space, {100, whenFull}, maxTopics, false, 0ms});
        for (const Part part : {Part::Opened, Part::Open}) {
            model.begins(id, part, true);
            model.ends(id, part, false);
        }
        return id;
    }
    Model::Call send(Model::Id id, SendStatus status = SendStatus::Queued, std::size_t bytes = 10, bool wasOpen = true) {
        const Model::Call call = model.call();
        model.sends(call);
        model.sent(id, {bytes, wasOpen, true}, status);
        return call;
    }
    void subscribe(Model::Id id, TopicPosition position) {
        model.subscribed(id, {false, 1}, true, Model::Joining::Joined, position);
    }
    Model::Call publish(TopicPosition position) {
        const Model::Call call = model.call();
        model.published(call, {space, 1, std::nullopt, 0, false}, SendStatus::Queued, position);
        return call;
    }
    void close(Model::Id id, const CloseReason& reason) {
        for (const Part part : {Part::Close, Part::Closed}) {
            model.begins(id, part, false, &reason);
            model.ends(id, part, false);
        }
    }
    void expect(Rule rule) {
        ASSERT_TRUE(model.fault());
        EXPECT_EQ(model.fault()->rule, rule) << model.fault()->text;
    }
    void expectNothing() { EXPECT_FALSE(model.fault()) << model.fault()->text; }

    const CloseReason bye{CloseCode::Normal, "bye", CloseCause::Application};
    const Ending byeToo{CloseCause::Application, CloseCode::Normal, CloseCode::Normal, "bye"};
    Model model;
    unsigned space = 0;
};

TEST_F(ModelOf, AWholeLifeIsAllowed) {
    const Model::Id id = open();
    subscribe(id, {7, 0});
    const Model::Call first = publish({7, 1}), second = send(id);
    for (const Model::Call call : {first, second}) model.entered(id, call, SendStatus::Queued);
    model.rests(id, 0);
    model.leaves(id, byeToo, model.call());
    model.goodbye(id, CloseCode::Normal, "bye", false, 0);
    close(id, bye);
    model.finished();
    expectNothing();
    EXPECT_EQ(model.ended(CloseCause::Application), 1u);
}

TEST_F(ModelOf, ALaterMessageMayNotComeFirst) {
    const Model::Id id = open();
    const Model::Call first = send(id), second = send(id);
    for (const Model::Call call : {second, first}) model.entered(id, call, SendStatus::Queued);
    expect(Rule::Order);
}

TEST_F(ModelOf, AMessageMayNotBeLost) {
    const Model::Id id = open();
    send(id);
    model.entered(id, send(id), SendStatus::Queued);
    model.rests(id, 0);
    expect(Rule::Loss);
}

TEST_F(ModelOf, ADroppedOneMayComeNoMore) {
    const Model::Id id = open(WhenFull::DropOldest);
    const Model::Call first = send(id), second = send(id);
    model.entered(id, second, SendStatus::Queued);
    expectNothing();
    model.entered(id, first, SendStatus::Queued);
    expect(Rule::Order);
}

TEST_F(ModelOf, WhatIsDroppedIsCounted) {
    const Model::Id id = open(WhenFull::DropOldest);
    send(id);
    model.entered(id, send(id), SendStatus::Queued);
    model.rests(id, 1);
    expectNothing();
    model.rests(id, 0);
    expect(Rule::Loss);
}

TEST_F(ModelOf, NobodyGetsWhatIsNotForHim) {
    const Model::Id id = open();
    model.entered(id, model.call(), SendStatus::Queued);
    expect(Rule::Ghost);
}

TEST_F(ModelOf, NothingIsRefusedWhereThereIsRoom) {
    send(open(), SendStatus::Full);
    expect(Rule::Status);
}

TEST_F(ModelOf, ATopicsNumbersHaveNoGap) {
    subscribe(open(), {7, 0});
    publish({7, 1});
    expectNothing();
    publish({7, 3});
    expect(Rule::Position);
}

TEST_F(ModelOf, WhoJoinsIsTold) {
    subscribe(open(), {7, 0});
    publish({7, 1});
    subscribe(open(), {7, 0});
    expect(Rule::Position);
}

TEST_F(ModelOf, AJoinIsNotLost) {
    const Model::Id id = open();
    subscribe(id, {7, 0});
    publish({7, 1});
    model.rests(id, 0);
    expect(Rule::Loss);
}

TEST_F(ModelOf, HandlersDoNotOverlap) {
    const Model::Id id = open();
    model.begins(id, Part::Task, true);
    model.begins(id, Part::Task, true);
    expect(Rule::Handlers);
}

TEST_F(ModelOf, NothingRunsBehindTheClose) {
    const Model::Id id = open();
    model.leaves(id, byeToo);
    model.begins(id, Part::Message, false);
    expect(Rule::AfterClose);
}

TEST_F(ModelOf, ACloseHandlerRunsOnce) {
    const Model::Id id = open();
    model.leaves(id, byeToo);
    close(id, bye);
    expectNothing();
    close(id, bye);
    expect(Rule::Handlers);
}

TEST_F(ModelOf, ACloseHandlerRuns) {
    const Model::Id id = open();
    model.leaves(id, byeToo);
    model.begins(id, Part::Closed, false, &bye);
    expect(Rule::Handlers);
}

TEST_F(ModelOf, NobodyClosesForNothing) {
    model.look(open(), false);
    expect(Rule::Reason);
}

TEST_F(ModelOf, TheFirstReasonHolds) {
    const Model::Id id = open();
    model.leaves(id, endingFor(CloseCause::Policy));
    model.leaves(id, byeToo);
    close(id, bye);
    expect(Rule::Reason);
}

TEST_F(ModelOf, WhoIsClosedIsNotOpen) {
    const Model::Id id = open();
    model.leaves(id, byeToo);
    model.look(id, true);
    expect(Rule::Reason);
}

TEST_F(ModelOf, TheGoodbyeComesBehindWhatWasSentBefore) {
    const Model::Id id = open();
    send(id);
    model.leaves(id, byeToo, model.call());
    model.goodbye(id, CloseCode::Normal, "bye", false, 0);
    expect(Rule::Loss);
}

TEST_F(ModelOf, TasksRunInTheirOrder) {
    const Model::Id id = open();
    const Model::Call first = model.call(), second = model.call();
    for (const Model::Call call : {first, second}) model.posts(id, call);
    model.runs(id, second);
    expect(Rule::Task);
}

TEST_F(ModelOf, ATaskOfAnOpenSessionIsNotDropped) {
    const Model::Id id = open();
    model.posts(id, model.call());
    model.dropped(id, 1);
    expect(Rule::Task);
}

TEST_F(ModelOf, APeersMessagesAreHandledInTheirOrder) {
    const Model::Id id = open();
    model.arrived(id, 1, 8);
    model.arrived(id, 2, 8);
    model.handles(id, 2);
    expect(Rule::Order);
}

TEST_F(ModelOf, APeersMessagesAreHandled) {
    const Model::Id id = open();
    model.arrived(id, 1, 8);
    model.rests(id, 0);
    expect(Rule::Loss);
}

TEST_F(ModelOf, NobodyIsInMoreTopicsThanHeMay) {
    const Model::Id id = open(WhenFull::Close, 1);
    subscribe(id, {7, 0});
    model.subscribed(id, {true, 1}, true, Model::Joining::Joined, {8, 0});
    expect(Rule::Status);
}

TEST_F(ModelOf, SubscribersAreCounted) {
    subscribe(open(), {7, 0});
    model.counted(space, 1, 1);
    expectNothing();
    model.counted(space, 1, 0);
    expect(Rule::Count);
}

TEST_F(ModelOf, EverySessionEnds) {
    open();
    model.finished();
    expect(Rule::Handlers);
}

}  // namespace
}  // namespace patchbay::simulation
