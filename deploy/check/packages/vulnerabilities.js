const DAY_MS = 86_400_000;
const MAX_AGE_DAYS = 30;

/**
 * Errors of the findings of `npm audit`: each needs a fix, or an exception that is at most 30 days old.
 * @param vulnerabilities by package.
 * @param exceptions `[{ "package", "reason", "since": "YYYY-MM-DD" }]`.
 */
export function vulnerabilityErrors(vulnerabilities, exceptions, now) {
  const ages = new Map(
    exceptions.map(({ package: name, since }) => [name, (now - new Date(since)) / DAY_MS]),
  );
  return [
    ...exceptions.flatMap(({ package: name, reason, since }) =>
      reason && !Number.isNaN(Date.parse(since)) ? [] : [`${name}: an exception needs a reason and a date`],
    ),
    ...Object.values(vulnerabilities).flatMap(({ name, severity }) => {
      const age = ages.get(name);
      if (age === undefined) return [`${name}: a vulnerability (${severity}); see npm audit`];
      return age <= MAX_AGE_DAYS ? [] : [`${name}: its exception is older than ${MAX_AGE_DAYS} days`];
    }),
  ];
}
