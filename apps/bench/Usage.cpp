#include "Options.hpp"

namespace bench {

const char* const kUsage = R"(patchbay-bench MODE URL [OPTION VALUE]...   measures a WebSocket server

  patchbay-bench echo ws://localhost:8080/echo
  patchbay-bench echo ws://localhost:8080/echo --rate 50000 --connections 1000 --pid $(pidof my-server)
  patchbay-bench fanout wss://localhost:8443/fanout --ca certificate.pem --connections 1000 --message ascii

MODE
  echo     every message is to come back; the next goes when one has (or at --rate)
  fanout   the first connection sends, all connections are to receive; messages are deliveries, --rate is what is sent
  storm    connect, upgrade, leave, as fast as it goes; messages are handshakes
  idle     open the connections and let them rest: memory per connection (with --pid); then each sends one message
  slow     fanout beside --stalled N connections that never read; what the others get is told
  pages    GET the page at an http:// URL again and again on connections that are kept; messages are requests
  ramp     echo at --rate, then at twice that, and so on until the server no longer keeps up

URL  ws://HOST:PORT/PATH   wss://HOST:PORT/PATH   tcp://HOST:PORT (echo of bare bytes)
     http://HOST:PORT/PATH (pages)

OPTION
  --connections N   how many; storm: how many at a time (64)
  --in-flight D     messages on the way: per connection (echo), or before all have them (fanout) (1)
  --rate R          messages per second of all together, whatever the answers do; latencies count from when one was due
  --size BYTES      of a message (64)         --message binary|ascii|mixed|json   what is in it; the last three are text (binary)
  --deflate yes     offers permessage-deflate
  --seconds S       (10)                      --messages M   ends earlier, after so many
  --warm-up S       unmeasured, before (a fifth of --seconds)
  --pid PID         of a server on this machine: tells its CPU time and memory
  --addresses K     connections come from 127.0.0.1 to 127.0.0.K, each of which has 28000 ports
  --stalled N       for slow                  --most-ms MS   for ramp: a 99th percentile beyond it is "no longer"
  --ca FILE         wss: certificates to trust instead of the system's      --insecure yes   trusts any
  --json yes        one JSON object instead of the table

Every answer is checked. Ends with 0; with 1 and a sentence for a wrong or missing answer; with 2 for wrong usage.
)";

}  // namespace bench
