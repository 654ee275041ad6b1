// Keeps style, script and icons, whose names change with what is in them. No page
// and nothing of a report is ever kept.
"use strict";
const store = "kawal-aset";

self.addEventListener("activate", (e) => e.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (e) => {
  const url = new URL(e.request.url);
  if (e.request.method !== "GET" || url.origin !== location.origin || !url.pathname.startsWith("/aset/")) {
    return;
  }
  e.respondWith(caches.open(store).then(async (cache) => {
    const kept = await cache.match(e.request);
    if (kept) { return kept; }
    const fresh = await fetch(e.request);
    if (fresh.ok) { cache.put(e.request, fresh.clone()); }
    return fresh;
  }));
});
