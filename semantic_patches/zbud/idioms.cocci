// SPDX-License-Identifier: GPL-2.0-only
//
// zbud keeps no pointer to a page that it is about to free: it finds the page by an address
// in it, and frees what it found.
//
// Before:
//     static void release(struct zbud_header *zhdr)
//     {
//             __free_page(virt_to_page(zhdr));
//     }
// After:
//     static void release(struct zbud_header *zhdr)
//     {
//             free_zpdesc(virt_to_zpdesc(zhdr));
//     }

@free_by_address@
expression e;
@@
- __free_page(virt_to_page(e))
+ free_zpdesc(virt_to_zpdesc(e))
