// The one file that is compiled with the build's id.
#include "version.h"

const char build_id[] = BUILD_ID;
