/** The link's fragment, taken out of the address bar and the tab's history before anything else can look at it. */

export function takeFragment(): string {
  const fragment = location.hash
  if (fragment !== '') history.replaceState(null, '', location.pathname + location.search)
  return fragment
}
