import { render } from 'preact'
import { startLanguage } from './i18n/language.ts'
import { start } from './session/session.ts'
import { App } from './ui/App.tsx'
import { startRouting } from './ui/route.ts'
import './style/page.css'

const root = document.getElementById('app')
if (root) {
  void startLanguage().then(() => {
    startRouting()
    render(<App />, root)
    return start()
  })
}
