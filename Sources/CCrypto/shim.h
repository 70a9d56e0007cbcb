// The functions that need neither a provider nor its configuration; the newer ones take a
// millisecond for both before the first byte.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
