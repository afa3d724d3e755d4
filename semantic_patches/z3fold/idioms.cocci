// SPDX-License-Identifier: GPL-2.0-only
//
// What page->private means in z3fold: the bits of enum z3fold_page_flags. They are changed by
// atomic operations, and copied and cleared as a whole when a page is migrated.
//
// Before:
//     static bool claim(struct zpdesc *zpdesc)
//     {
//             clear_bit(PAGE_STALE, &zpdesc_page(zpdesc)->private);
//             return test_and_set_bit(PAGE_CLAIMED, &zpdesc_page(zpdesc)->private);
//     }
// After:
//     static bool claim(struct zpdesc *zpdesc)
//     {
//             clear_bit(PAGE_STALE, &zpdesc->z3fold_flags);
//             return test_and_set_bit(PAGE_CLAIMED, &zpdesc->z3fold_flags);
//     }
//
// Before:
//     static void move(struct zpdesc *to, struct zpdesc *from)
//     {
//             zpdesc_page(to)->private = zpdesc_page(from)->private;
//             zpdesc_page(from)->private = 0;
//     }
// After:
//     static void move(struct zpdesc *to, struct zpdesc *from)
//     {
//             to->z3fold_flags = from->z3fold_flags;
//             from->z3fold_flags = 0;
//     }
//
// Before:
//     static void move_by_call(struct zpdesc *to, struct zpdesc *from)
//     {
//             set_page_private(zpdesc_page(to), page_private(zpdesc_page(from)));
//             set_page_private(zpdesc_page(from), 0);
//     }
// After:
//     static void move_by_call(struct zpdesc *to, struct zpdesc *from)
//     {
//             to->z3fold_flags = from->z3fold_flags;
//             from->z3fold_flags = 0;
//     }

@flags@
expression e;
@@
- zpdesc_page(e)->private
+ e->z3fold_flags

@flags_read@
expression e;
@@
- page_private(zpdesc_page(e))
+ e->z3fold_flags

@flags_set@
expression e, bits;
@@
- set_page_private(zpdesc_page(e), bits)
+ e->z3fold_flags = bits
