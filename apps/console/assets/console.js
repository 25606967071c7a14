// The visitor's time zone, for the server to show times in.
const zone = encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone);
// biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API needs https
document.cookie = `wxa_time_zone=${zone}; path=/; max-age=31536000; samesite=lax`;
