// SPDX-License-Identifier: GPL-2.0-only
//
// What the words of struct page mean in zsmalloc. After the retype pass every use of a
// converted pointer as a page stands in zpdesc_page(), so the rules need neither types nor
// the names of functions.
//
// page->index is two things: the link to the next page of a zspage, and in a huge zspage,
// which has but one page, the handle of its only object. A value cast to or from a pointer is
// the link; so is a zero, but in the branch for huge zspages; all else is the handle.
//
// Before:
//     static struct zpdesc *get_next(struct zpdesc *zpdesc)
//     {
//             return page_zpdesc((struct page *)zpdesc_page(zpdesc)->index);
//     }
// After:
//     static struct zpdesc *get_next(struct zpdesc *zpdesc)
//     {
//             return zpdesc->next;
//     }
//
// Before:
//     static struct page *next_page(struct zpdesc *zpdesc)
//     {
//             return (struct page *)zpdesc_page(zpdesc)->index;
//     }
// After:
//     static struct page *next_page(struct zpdesc *zpdesc)
//     {
//             return zpdesc_page(zpdesc->next);
//     }
//
// Before:
//     static void chain(struct zspage *zspage, struct zpdesc *prev, struct zpdesc *zpdesc)
//     {
//             set_page_private(zpdesc_page(zpdesc), (unsigned long)zspage);
//             zpdesc_page(zpdesc)->index = 0;
//             zpdesc_page(prev)->index = (unsigned long)zpdesc_page(zpdesc);
//     }
// After:
//     static void chain(struct zspage *zspage, struct zpdesc *prev, struct zpdesc *zpdesc)
//     {
//             zpdesc->zspage = zspage;
//             zpdesc->next = NULL;
//             prev->next = zpdesc;
//     }
//
// Before:
//     static void chain_mixed(struct zpdesc *prev, struct page *page)
//     {
//             zpdesc_page(prev)->index = (unsigned long)page;
//     }
// After:
//     static void chain_mixed(struct zpdesc *prev, struct page *page)
//     {
//             prev->next = page_zpdesc(page);
//     }
//
// Before:
//     static void forget(struct zspage *zspage, struct zpdesc *zpdesc)
//     {
//             if (likely(!ZsHugePage(zspage)))
//                     put(zspage);
//             else
//                     zpdesc_page(zpdesc)->index = 0;
//     }
// After:
//     static void forget(struct zspage *zspage, struct zpdesc *zpdesc)
//     {
//             if (likely(!ZsHugePage(zspage)))
//                     put(zspage);
//             else
//                     zpdesc->handle = 0;
//     }
//
// Before:
//     static void forget_huge(struct zspage *zspage, struct zpdesc *zpdesc)
//     {
//             if (unlikely(ZsHugePage(zspage)))
//                     zpdesc_page(zpdesc)->index = 0;
//     }
// After:
//     static void forget_huge(struct zspage *zspage, struct zpdesc *zpdesc)
//     {
//             if (unlikely(ZsHugePage(zspage)))
//                     zpdesc->handle = 0;
//     }
//
// Before:
//     static unsigned long move(struct zpdesc *to, struct zpdesc *from)
//     {
//             zpdesc_page(to)->index = zpdesc_page(from)->index;
//             return zpdesc_page(to)->index;
//     }
// After:
//     static unsigned long move(struct zpdesc *to, struct zpdesc *from)
//     {
//             to->handle = from->handle;
//             return to->handle;
//     }
//
// Before:
//     static struct zspage *owner(struct zpdesc *zpdesc)
//     {
//             return (struct zspage *)page_private(zpdesc_page(zpdesc));
//     }
// After:
//     static struct zspage *owner(struct zpdesc *zpdesc)
//     {
//             return zpdesc->zspage;
//     }
//
// Before:
//     static void reset(struct zpdesc *zpdesc, unsigned int offset)
//     {
//             set_page_private(zpdesc_page(zpdesc), 0);
//             zpdesc_page(zpdesc)->page_type = offset;
//     }
// After:
//     static void reset(struct zpdesc *zpdesc, unsigned int offset)
//     {
//             zpdesc->zspage = NULL;
//             zpdesc->first_obj_offset = offset;
//     }

@next_of@
expression e;
@@
- page_zpdesc((struct page *)zpdesc_page(e)->index)
+ e->next

@next_page_of@
expression e;
@@
- (struct page *)zpdesc_page(e)->index
+ zpdesc_page(e->next)

@link@
expression a, b;
@@
- zpdesc_page(a)->index = (unsigned long)zpdesc_page(b)
+ a->next = b

@link_page@
expression a, b;
@@
- zpdesc_page(a)->index = (unsigned long)b
+ a->next = page_zpdesc(b)

@handle_clear@
expression e, z;
statement s;
@@
if (\(likely(!ZsHugePage(z)) \| !ZsHugePage(z)\))
s
else
- zpdesc_page(e)->index = 0;
+ e->handle = 0;

@handle_clear_huge@
expression e, z;
@@
if (\(unlikely(ZsHugePage(z)) \| likely(ZsHugePage(z)) \| ZsHugePage(z)\))
- zpdesc_page(e)->index = 0;
+ e->handle = 0;

@unlink@
expression e;
@@
- zpdesc_page(e)->index = 0
+ e->next = NULL

@handle@
expression e;
@@
- zpdesc_page(e)->index
+ e->handle

@zspage_of@
expression e;
@@
- (struct zspage *)page_private(zpdesc_page(e))
+ e->zspage

@zspage_clear@
expression e;
@@
- set_page_private(zpdesc_page(e), 0)
+ e->zspage = NULL

@zspage_set@
expression e, z;
@@
- set_page_private(zpdesc_page(e), (unsigned long)z)
+ e->zspage = z

@first_obj_offset@
expression e;
@@
- zpdesc_page(e)->page_type
+ e->first_obj_offset
