// The visitor's time zone, for the server to show times in.
const zone = encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone);
// biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API needs https
document.cookie = `wxa_time_zone=${zone}; path=/; max-age=31536000; samesite=lax`;

// Live pages have no stream while the tab is hidden or the visitor has stopped it; the extension sees one source throughout.
let update = () => undefined;
const toggle = document.getElementById('live-toggle');
const show = (state) => document.body.setAttribute('data-live', state);
htmx.createEventSource = (url) => {
  const listeners = Object.entries({ open: () => show('on'), error: () => show('off') });
  let source;
  const live = {
    readyState: EventSource.CLOSED,
    addEventListener: (...one) => listeners.push(one) && source?.addEventListener(...one),
    removeEventListener: (...one) => source?.removeEventListener(...one),
    close() {
      source?.close();
      update = () => show('ended');
      update();
    },
  };
  update = () => {
    const isStopped = toggle.hasAttribute('data-stopped');
    if (isStopped) show('stopped');
    if (isStopped || document.hidden) source = source?.close();
    else source ??= Object.assign(new EventSource(url), { onopen: (event) => live.onopen(event), onerror });
    for (const one of listeners) source?.addEventListener(...one);
  };
  function onerror(event) {
    // The browser connects again by itself; after an answer that is an error, the extension does, with another source.
    if (this.readyState !== EventSource.CLOSED) return;
    update = () => undefined;
    live.onerror(event);
  }
  update();
  return live;
};
document.addEventListener('visibilitychange', () => update());
toggle?.addEventListener('click', () => update(toggle.toggleAttribute('data-stopped')));
