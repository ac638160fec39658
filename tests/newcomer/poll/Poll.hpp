#pragma once
// A room for each poll: who is in it sees the votes come in.

#include "Polls.hpp"

#include <patchbay/annotations.hpp>
#include <patchbay/topics.hpp>

struct Vote { std::string choice; };      // client -> server
struct Suggest { std::string choice; };   // client -> server: a new choice, for everyone to see
struct Suggested { std::string choice; }; // server -> client
struct Refused { std::string problem; };  // server -> client

class Poll {
    SERVER_ENDPOINT(Poll, "/polls/{poll}", .idleTimeout = 10min, .maxMessageSize = 1_KiB)
public:
    Poll(patchbay::Session session, patchbay::PathParam<"poll"> poll, patchbay::Topics& topics, Polls& polls)
        : session_{std::move(session)}, poll_{poll}, topics_{topics}, polls_{polls} {}

    ON_OPEN(joined)
    void joined() {
        topics_.subscribe(session_, poll_);
        session_.send(polls_.results(poll_));  // nothing, where nobody has asked yet
    }

    ON_MESSAGE(voted)
    void voted(const Vote& vote) {
        const auto results = polls_.vote(poll_, vote.choice);
        if (!results) return session_.send(Refused{"There is no choice '" + vote.choice + "' here."});
        topics_.publish(poll_, *results);
    }

    ON_MESSAGE(suggested)
    void suggested(const Suggest& suggestion) { topics_.publish(poll_, Suggested{suggestion.choice}, session_); }

    ON_ERROR(failed)
    void failed(const patchbay::DecodeError& error) { session_.send(Refused{error.what()}); }

private:
    patchbay::Session session_;
    std::string poll_;
    patchbay::Topics& topics_;
    Polls& polls_;
};
