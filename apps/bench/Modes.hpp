#pragma once
// The modes of the command line, each in a file of its own.

#include "Crowd.hpp"

namespace bench {

std::unique_ptr<Crowd> makeEcho(const Options& options);
std::unique_ptr<Crowd> makeFanout(const Options& options);  ///< fanout and slow
std::unique_ptr<Crowd> makeStorm(const Options& options);
std::unique_ptr<Crowd> makeIdle(const Options& options);
std::unique_ptr<Crowd> makeRamp(const Options& options);

}  // namespace bench
