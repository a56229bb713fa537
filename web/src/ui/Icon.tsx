/** Drawn here, so that no font or sprite has to load. All are decoration: what they stand beside has the words. */

const PATHS = {
  upload: 'M12 15V4m0 0L7.5 8.5M12 4l4.5 4.5M5 15v2.5A2.5 2.5 0 0 0 7.5 20h9a2.5 2.5 0 0 0 2.5-2.5V15',
  download: 'M12 4v11m0 0 4.5-4.5M12 15l-4.5-4.5M5 16v1.5A2.5 2.5 0 0 0 7.5 20h9a2.5 2.5 0 0 0 2.5-2.5V16',
  close: 'm6 6 12 12M18 6 6 18',
  folder: 'M3.5 7.5v9A2.5 2.5 0 0 0 6 19h12a2.5 2.5 0 0 0 2.5-2.5V9.5A2.5 2.5 0 0 0 18 7h-5.2l-2-2.2a1 1 0 0 0-.8-.3H6A2.5 2.5 0 0 0 3.5 7z',
  image: 'M6 4.5h12A1.5 1.5 0 0 1 19.5 6v12a1.5 1.5 0 0 1-1.5 1.500H6A1.5 1.5 0 0 1 4.5 18V6A1.5 1.5 0 0 1 6 4.500zM4.5 16l4-4 3.5 3.5 3-3 4.5 4.500M15.5 9h.01',
  video: 'M5.5 6h8A1.5 1.5 0 0 1 15 7.500v9a1.5 1.5 0 0 1-1.5 1.500h-8A1.5 1.5 0 0 1 4 16.500v-9A1.5 1.5 0 0 1 5.5 6zM15 10.500l5-3v9l-5-3',
  audio: 'M9 18V6.500l10-2V16M9 18a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zm10-2a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z',
  pdf: 'M7 3.500h7l4.5 4.500v11a1.5 1.5 0 0 1-1.5 1.500H7A1.5 1.5 0 0 1 5.5 19V5A1.5 1.5 0 0 1 7 3.500zM13.5 4v4.500H18M8.5 16.500h7M8.5 13h4',
  text: 'M7 3.500h7l4.5 4.500v11a1.5 1.5 0 0 1-1.5 1.500H7A1.5 1.5 0 0 1 5.5 19V5A1.5 1.5 0 0 1 7 3.500zM13.5 4v4.500H18M8.5 12h7M8.5 15h7M8.5 18h4',
  other: 'M7 3.500h7l4.5 4.500v11a1.5 1.5 0 0 1-1.5 1.500H7A1.5 1.5 0 0 1 5.5 19V5A1.5 1.5 0 0 1 7 3.500zM13.5 4v4.500H18',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zm4.7-1.800L20 20',
  trash: 'M4.5 7h15M10 7V4.500h4V7m-7.5 0 .8 11.100A1.5 1.5 0 0 0 8.8 19.500h6.400a1.5 1.5 0 0 0 1.5-1.400L17.5 7M10 11v5m4-5v5',
  share: 'M9.5 14.5 14.5 9.500M11 7l1.7-1.700a4 4 0 0 1 5.7 5.700L16.5 13m-3.5 3.500L11.3 18.300a4 4 0 0 1-5.7-5.700L7.5 11',
  restore: 'M4.5 12a7.5 7.5 0 1 0 2.2-5.300L4.5 9m0-4.500V9H9',
  user: 'M12 12.500a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm-7 7c.6-3 3.5-4.5 7-4.500s6.4 1.5 7 4.5',
  tiles: 'M5 5h5.500v5.500H5zM13.5 5H19v5.500h-5.500zM5 13.500h5.500V19H5zM13.5 13.500H19V19h-5.500z',
  rows: 'M4.5 6.500h15M4.5 12h15M4.5 17.500h15',
  refresh: 'M19.5 12a7.5 7.5 0 1 1-2.2-5.300L19.5 9m0-4.500V9H15',
  previous: 'm14.5 6-6 6 6 6',
  next: 'm9.5 6 6 6-6 6',
  check: 'm5 12.5 4.5 4.500L19 7',
  copy: 'M9 9h9.500v10.500H9zM15 9V4.500H5.500V15H9',
  lock: 'M7 11h10a1.5 1.5 0 0 1 1.5 1.500v6A1.5 1.5 0 0 1 17 20H7a1.5 1.5 0 0 1-1.5-1.500v-6A1.5 1.5 0 0 1 7 11zm1.5 0V8a3.5 3.5 0 0 1 7 0v3',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="i" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  )
}
