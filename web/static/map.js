// The map of the list beside it, and the pin of a report that is being filed. The
// server counts; what the map shows is read from the list on the page, which follows
// the map when it is moved.
"use strict";
(() => {
  const box = document.getElementById("peta");
  if (!box || !window.L) { return; }
  box.hidden = false;
  const at = [Number(box.dataset.lat), Number(box.dataset.long)];
  const map = L.map(box, { center: at, zoom: Number(box.dataset.zoom), minZoom: 3, maxZoom: 16, zoomControl: false,
    maxBounds: [[-25, 80], [20, 160]], zoomAnimation: false, fadeAnimation: false });
  if (box.dataset.whole !== undefined) { map.fitBounds([[-11, 95], [6, 141]]); }
  L.control.zoom({ zoomInTitle: box.dataset.in, zoomOutTitle: box.dataset.out }).addTo(map);
  map.attributionControl.setPrefix(false).addAttribution(box.dataset.source);
  if (box.dataset.tiles) { L.tileLayer(box.dataset.tiles, { attribution: box.dataset.credit.replace(/[<>&]/g, "") }).addTo(map); }
  fetch(box.dataset.outline).then((r) => r.json()).then((outline) => L.geoJSON(outline, {
    interactive: false,
    style: (f) => ({ color: "#6c858b", weight: 1, fillColor: f.properties.home ? "#dcebe0" : "#eceff0", fillOpacity: box.dataset.tiles ? 0 : 1 }),
  }).addTo(map).bringToBack());

  // Folded away it has no size.
  const fold = box.closest("details");
  if (fold) {
    fold.addEventListener("toggle", () => {
      map.invalidateSize();
      if (!document.getElementById("f-lat").value) { map.fitBounds([[-11, 95], [6, 141]]); }
    });
  }

  if (box.dataset.pick !== undefined) { pick(); } else { show(); }

  // A pin where somebody clicks, or in the middle of the map with Enter.
  function pick() {
    const lat = document.getElementById("f-lat"), long = document.getElementById("f-long");
    let pin = null;
    const put = (where) => {
      if (pin) { pin.remove(); }
      pin = L.circleMarker(where, { radius: 9, color: "#fff", weight: 3, fillColor: "#a3161b", fillOpacity: 1 }).addTo(map);
      lat.value = where.lat.toFixed(5);
      long.value = where.lng.toFixed(5);
    };
    const typed = () => {
      if (lat.value !== "" && long.value !== "" && isFinite(lat.value) && isFinite(long.value)) {
        const where = L.latLng(Number(lat.value), Number(long.value));
        put(where);
        return where;
      }
      if (pin) { pin.remove(); pin = null; }
      return null;
    };
    map.on("click", (e) => put(e.latlng));
    box.addEventListener("keydown", (e) => {
      if (e.key === "Enter") { e.preventDefault(); put(map.getCenter()); }
    });
    [lat, long].forEach((f) => f.addEventListener("change", typed));
    const first = typed();
    if (first) { map.setView(first, 13); }
  }

  // Numbers where the reports are.
  function show() {
    const layer = L.layerGroup().addTo(map);
    // A number that would lie on another one is pushed aside, so that each can be hit.
    const aside = (placed, row, size) => {
      const at = map.latLngToLayerPoint([Number(row.dataset.lat), Number(row.dataset.long)]);
      for (let tries = 0; tries < 40; tries++) {
        const other = placed.find((p) => p.at.distanceTo(at) < (p.size + size) / 2 + 2);
        if (!other) { break; }
        const away = at.subtract(other.at), far = away.distanceTo([0, 0]) || 1;
        const turn = tries * 0.5, x = (away.x || 1) / far, y = away.y / far, step = (other.size + size) / 2 + 3;
        at.x = other.at.x + step * (x * Math.cos(turn) - y * Math.sin(turn));
        at.y = other.at.y + step * (x * Math.sin(turn) + y * Math.cos(turn));
      }
      placed.push({ at, size });
      return map.layerPointToLatLng(at);
    };
    const draw = () => {
      const placed = [];
      layer.clearLayers();
      document.querySelectorAll("#daftar-peta tr[data-count]").forEach((row) => {
        const n = Number(row.dataset.count), link = row.querySelector("a");
        const size = 30 + 7 * Math.floor(Math.log10(n));
        const label = document.createElement("span");
        label.textContent = row.querySelector("td").textContent;
        const mark = L.marker(aside(placed, row, size), {
          icon: L.divIcon({ className: "cluster", html: label, iconSize: [size, size] }),
          title: row.querySelector("th").firstChild.textContent + ": " + label.textContent, keyboard: true, alt: "",
        }).addTo(layer);
        mark.getElement().setAttribute("aria-label", mark.options.title);
        const nearer = () => {
          if (!link) { return; }
          const to = new URL(link.href).searchParams;
          if (to.has("zoom")) { map.setView([Number(to.get("lat")), Number(to.get("long"))], Number(to.get("zoom"))); }
        };
        mark.on("click", nearer).on("keypress", (e) => { if (e.originalEvent.key === "Enter") { nearer(); } });
      });
    };
    let asked = 0;
    const follow = async () => {
      const here = map.getCenter(), zoom = map.getZoom(), now = ++asked;
      const address = new URL(location.href);
      address.searchParams.set("lat", here.lat.toFixed(4));
      address.searchParams.set("long", here.lng.toFixed(4));
      address.searchParams.set("zoom", zoom);
      history.replaceState(null, "", address);
      ["lat", "long", "zoom"].forEach((name) => { document.querySelector(`.filter [name=${name}]`).value = address.searchParams.get(name); });
      const b = map.getBounds();
      const ask = new URL(address);
      if (zoom > 8) { ask.searchParams.set("bbox", [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()].map((v) => v.toFixed(5)).join()); }
      const answer = await fetch(ask);
      const list = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("daftar-peta");
      if (now !== asked || !list) { return; }
      document.getElementById("daftar-peta").replaceChildren(...list.childNodes);
      draw();
    };
    draw();
    map.on("moveend", follow);
  }
})();
