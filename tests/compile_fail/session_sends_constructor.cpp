// EXPECT: patchbay::json: a type with constructors or private members has no JSON form; use a plain struct
// EXPECT: app::Said
#include <patchbay/annotations.hpp>

namespace app {

class Said {
    int price_ = 0;
};

void tell(const patchbay::Session& session, const Said& said) { session.send(said); }

}  // namespace app
