/* Whether this build has AddressSanitizer, of either compiler: 1 or 0, also for #if. */

#ifndef BASE_SANITIZED_H
#define BASE_SANITIZED_H

#define ADDRESS_SANITIZED 0

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#undef ADDRESS_SANITIZED
#define ADDRESS_SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#undef ADDRESS_SANITIZED
#define ADDRESS_SANITIZED 1
#endif

#endif
