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
//     static struct zspage *owner_by_name(struct zpdesc *zpdesc)
//     {
//             return (void *)zpdesc_page(zpdesc)->private;
//     }
// After:
//     static struct zspage *owner_by_name(struct zpdesc *zpdesc)
//     {
//             return zpdesc->zspage;
//     }
//
// Before:
//     static void copy_owner(struct zpdesc *to, struct zpdesc *from, struct zspage *zspage)
//     {
//             set_page_private(zpdesc_page(to), page_private(zpdesc_page(from)));
//             zpdesc_page(from)->private = 0;
//             zpdesc_page(to)->private = (unsigned long)zspage;
//     }
// After:
//     static void copy_owner(struct zpdesc *to, struct zpdesc *from, struct zspage *zspage)
//     {
//             to->zspage = from->zspage;
//             from->zspage = NULL;
//             to->zspage = zspage;
//     }
//
// Before:
//     static struct zpdesc *peek(struct zpdesc *prev, struct zpdesc *zpdesc)
//     {
//             WRITE_ONCE(zpdesc_page(prev)->index, (unsigned long)zpdesc_page(zpdesc));
//             return page_zpdesc((struct page *)READ_ONCE(zpdesc_page(zpdesc)->index));
//     }
// After:
//     static struct zpdesc *peek(struct zpdesc *prev, struct zpdesc *zpdesc)
//     {
//             WRITE_ONCE(prev->next, zpdesc);
//             return READ_ONCE(zpdesc->next);
//     }
//
// Before:
//     static void forget_or_keep(struct zspage *zspage, struct zpdesc *zpdesc, unsigned long *handle)
//     {
//             if (likely(!ZsHugePage(zspage))) {
//                     put(zspage);
//             } else {
//                     zpdesc_page(zpdesc)->index = 0;
//                     if (handle)
//                             zpdesc_page(zpdesc)->index = *handle;
//             }
//     }
// After:
//     static void forget_or_keep(struct zspage *zspage, struct zpdesc *zpdesc, unsigned long *handle)
//     {
//             if (likely(!ZsHugePage(zspage))) {
//                     put(zspage);
//             } else {
//                     zpdesc->handle = 0;
//                     if (handle)
//                             zpdesc->handle = *handle;
//             }
//     }
//
// Before:
//     static void forget_huge_block(struct zspage *zspage, struct zpdesc *zpdesc)
//     {
//             if (ZsHugePage(zspage)) {
//                     zpdesc_page(zpdesc)->index = 0;
//                     put(zspage);
//             }
//     }
// After:
//     static void forget_huge_block(struct zspage *zspage, struct zpdesc *zpdesc)
//     {
//             if (ZsHugePage(zspage)) {
//                     zpdesc->handle = 0;
//                     put(zspage);
//             }
//     }
//
// Before:
//     static bool lock_folio(struct zpdesc *zpdesc)
//     {
//             return folio_trylock(page_folio(zpdesc_page(zpdesc)));
//     }
// After:
//     static bool lock_folio(struct zpdesc *zpdesc)
//     {
//             return folio_trylock(zpdesc_folio(zpdesc));
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
(
- page_zpdesc((struct page *)zpdesc_page(e)->index)
+ e->next
|
- page_zpdesc((void *)zpdesc_page(e)->index)
+ e->next
|
- page_zpdesc((struct page *)READ_ONCE(zpdesc_page(e)->index))
+ READ_ONCE(e->next)
)

@next_page_of@
expression e;
@@
(
- (struct page *)zpdesc_page(e)->index
+ zpdesc_page(e->next)
|
- (struct page *)READ_ONCE(zpdesc_page(e)->index)
+ zpdesc_page(READ_ONCE(e->next))
)

@link@
expression a, b;
@@
(
- zpdesc_page(a)->index = (unsigned long)zpdesc_page(b)
+ a->next = b
|
- WRITE_ONCE(zpdesc_page(a)->index, (unsigned long)zpdesc_page(b))
+ WRITE_ONCE(a->next, b)
)

@link_page@
expression a, b;
@@
(
- zpdesc_page(a)->index = (unsigned long)b
+ a->next = page_zpdesc(b)
|
- WRITE_ONCE(zpdesc_page(a)->index, (unsigned long)b)
+ WRITE_ONCE(a->next, page_zpdesc(b))
)

@handle_clear@
expression e, z;
statement s;
@@
if (\(likely(!ZsHugePage(z)) \| !ZsHugePage(z)\))
s
else
- zpdesc_page(e)->index = 0;
+ e->handle = 0;

@handle_clear_block@
expression e, z;
statement s;
@@
if (\(likely(!ZsHugePage(z)) \| !ZsHugePage(z)\))
s
else {
<+...
- zpdesc_page(e)->index = 0;
+ e->handle = 0;
...+>
}

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
(
- (struct zspage *)page_private(zpdesc_page(e))
+ e->zspage
|
- (void *)page_private(zpdesc_page(e))
+ e->zspage
|
- (struct zspage *)zpdesc_page(e)->private
+ e->zspage
|
- (void *)zpdesc_page(e)->private
+ e->zspage
)

@zspage_clear@
expression e;
@@
(
- set_page_private(zpdesc_page(e), 0)
+ e->zspage = NULL
|
- zpdesc_page(e)->private = 0
+ e->zspage = NULL
)

@zspage_move@
expression e, f;
@@
(
- set_page_private(zpdesc_page(e), page_private(zpdesc_page(f)))
+ e->zspage = f->zspage
|
- zpdesc_page(e)->private = zpdesc_page(f)->private
+ e->zspage = f->zspage
)

@zspage_set@
expression e, z;
@@
(
- set_page_private(zpdesc_page(e), (unsigned long)z)
+ e->zspage = z
|
- zpdesc_page(e)->private = (unsigned long)z
+ e->zspage = z
)

@first_obj_offset@
expression e;
@@
- zpdesc_page(e)->page_type
+ e->first_obj_offset

@folio_of@
expression e;
@@
- page_folio(zpdesc_page(e))
+ zpdesc_folio(e)
