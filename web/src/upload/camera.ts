/** Pictures and films from the camera. A chunk of its own: most people never use it. */

import Webcam from '@uppy/webcam'
import type { PageUppy } from './uploads.ts'
import '@uppy/webcam/css/style.min.css'

export function addWebcam(uppy: PageUppy): void {
  const former = uppy.getPlugin('Webcam')
  if (former) uppy.removePlugin(former)
  // The Dashboard takes in whatever has no other place.
  uppy.use(Webcam, { mirror: false, showVideoSourceDropdown: true })
}
