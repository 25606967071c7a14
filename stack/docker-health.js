// The health check of a container: exits with 0 if the URL returns 200. The slim images have no curl.
const [url] = process.argv.slice(2);
const answer = await fetch(url, { signal: AbortSignal.timeout(4000) }).catch(() => undefined);
process.exit(answer?.ok ? 0 : 1);
