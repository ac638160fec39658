#pragma once
// What the program and its test serve: the rooms, and HTTP for whoever asks the questions.

#include "Poll.hpp"

#include <patchbay/http_handlers.hpp>
#include <patchbay/log.hpp>
#include <patchbay/server_container.hpp>

struct Question {
    std::string question;
    std::vector<std::string> choices;
};

inline void install(patchbay::ServerContainer& server) {
    using patchbay::HttpError, patchbay::HttpRequest, patchbay::HttpResponse;
    server.provide(std::make_shared<Polls>());
    server.deploy<Poll>();
    server.handle("PUT", "/api/polls/{poll}", [&server](const HttpRequest& request, HttpResponse& response, Polls& polls) {
        const std::string poll{request.pathParameter("poll")};
        const auto asked = request.json<Question>();
        if (asked.choices.size() < 2) throw HttpError{400, "a poll has two choices at least\n"};
        const Results results = polls.ask(poll, asked.question, asked.choices);
        server.topicsOf<Poll>().publish(poll, results);
        response.writeJson(results);
        patchbay::log::info("polls", poll + ": " + asked.question);
    });
    server.handle("GET", "/api/polls/{poll}", [](const HttpRequest& request, HttpResponse& response, const Polls& polls) {
        const auto results = polls.results(std::string{request.pathParameter("poll")});
        if (!results) throw HttpError{404, "there is no such poll\n"};
        response.writeJson(*results);
    });
}
