/** A path of an installed package, not of a workspace. */
const INSTALLED = /(^|\/)node_modules\//;

/**
 * Errors of the packages of a lock file: each has a sha512 and comes from the configured registry, and the only install
 * scripts are those that were decided on.
 * @param packages by path, as in `package-lock.json`.
 * @param allowScripts of `package.json`: whether a package may run its install script, by name.
 */
export function lockErrors(packages, allowScripts) {
  const installed = Object.entries(packages).filter(([path, { link }]) => INSTALLED.test(path) && !link);
  return installed.flatMap(([path, { integrity = '', resolved, hasInstallScript }]) => {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    return [
      ...(integrity.startsWith('sha512-') ? [] : [`${path}: no sha512 in the lock file`]),
      ...(resolved === undefined ? [] : [`${path}: fetched from ${resolved} instead of the registry`]),
      ...(hasInstallScript && allowScripts[name] === undefined
        ? [`${path}: has an install script that allowScripts of package.json does not decide on`]
        : []),
    ];
  });
}
