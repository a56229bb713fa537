import { useId, useState } from 'preact/hooks'
import { formatSize } from '../i18n/format.ts'
import { locale, words } from '../i18n/language.ts'
import { HeldKeys } from '../keys/HeldKeys.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { Icon } from '../ui/Icon.tsx'
import { LanguageSwitch } from '../ui/LanguageSwitch.tsx'
import { hasUnfinished, signOut, who } from './session.ts'
import type { Rule } from '../api/wire.ts'

/** Who is signed in, what they may do, and the way out. */
export function Account() {
  const { account, page } = words.value
  const id = useId()
  const [isAsking, setAsking] = useState(false)
  const person = who.value
  if (person === null) return null
  const { publisher, credential } = person.publisher
  const leave = (): void => {
    if (hasUnfinished()) setAsking(true)
    else void signOut()
  }
  return (
    <>
      <button type="button" class="icon" popovertarget={id} aria-label={page.account} title={page.account}><Icon name="user" /></button>
      <div id={id} popover="auto" class="account" role="dialog" aria-label={page.account}>
        <p class="quiet small">{account.signedInAs}</p>
        <p class="who" dir="auto">{publisher}{credential !== null && <span class="quiet"> · {credential}</span>}</p>
        <h2>{account.rights}</h2>
        <ul class="rights">
          {person.rules.all.map((rule) => <Right key={rule.prefix} rule={rule} />)}
          {(person.rules.everySite ? ['*'] : person.rules.sites).map((site) => <li key={`site ${site}`}><strong>{account.siteOf(site)}</strong><span>{account.releases}</span></li>)}
        </ul>
        <HeldKeys />
        <LanguageSwitch />
        <button type="button" class="wide" onClick={leave}>{account.signOut}</button>
      </div>
      {isAsking && (
        <Dialog title={account.signOut} onClose={() => setAsking(false)} isAlert>
          <p>{account.signOutBusy}</p>
          <div class="actions">
            <button type="button" onClick={() => setAsking(false)}>{page.cancel}</button>
            <button type="button" class="danger" onClick={() => void signOut()}>{account.signOut}</button>
          </div>
        </Dialog>
      )}
    </>
  )
}

function Right({ rule }: { rule: Rule }) {
  const { account } = words.value
  const methods = new Intl.ListFormat(locale.value).format(rule.methods.map((method) => account.methods[method]))
  const types = rule.content_types.includes('*/*') ? account.anyType : rule.content_types.join(', ')
  const limits = rule.methods.includes('PUT') ? [account.most(formatSize(rule.max_size, locale.value)), types, ...(rule.overwrite ? [account.overwrites] : [])] : []
  return (
    <li>
      <strong dir="auto">{account.rightsOf(rule.prefix)}</strong>
      <span>{methods}</span>
      {limits.length > 0 && <span class="quiet small">{limits.join(' · ')}</span>}
    </li>
  )
}
