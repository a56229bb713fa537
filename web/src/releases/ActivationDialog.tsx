import { formatTime } from '../i18n/format.ts'
import { locale, words } from '../i18n/language.ts'
import { reference } from '../i18n/problems.ts'
import { Dialog } from '../ui/Dialog.tsx'
import { ProblemNotice } from '../ui/ProblemNotice.tsx'
import { close, confirm, question, type Question } from './activating.ts'
import { shortId } from './manifest.ts'

/** Asks before readers get something else: what changes, in a sentence. */
export function ActivationDialog() {
  const asked = question.value
  if (asked === null) return null
  const { page, releases: text } = words.value
  const { id, isRollback, replaces, isRunning } = asked
  const way = isRollback ? 'rollBack' : 'activate'
  const isDone = replaces === id
  const isKnown = asked.difference !== null || (asked.problem !== null && asked.overtaken === null)
  return (
    <Dialog title={text.question[way]} onClose={isRunning ? undefined : close} isAlert>
      <Refused asked={asked} />
      {isDone ? <p>{text.alreadyActive}</p> : <><p>{text.place(shortId(id), replaces && shortId(replaces), asked.site)}</p><Changes asked={asked} /></>}
      <div class="actions">
        <button type="button" autofocus onClick={close} disabled={isRunning}>{isDone ? page.close : page.cancel}</button>
        {!isDone && <button type="button" class="primary" onClick={() => void confirm()} disabled={isRunning || !isKnown}>{isRunning ? text.activating : text.confirm[way]}</button>}
      </div>
    </Dialog>
  )
}

/** Why it was not done: by the one who was faster, if it was that. */
function Refused({ asked: { problem, overtaken } }: { asked: Question }) {
  if (problem === null) return null
  if (overtaken === null) return <ProblemNotice problem={problem} />
  const { by, release, at } = overtaken
  return <div class="notice error" role="alert"><p dir="auto">{words.value.releases.overtaken(by, shortId(release), formatTime(at, locale.value))} {reference(words.value, problem)}</p></div>
}

function Changes({ asked: { difference, problem, overtaken } }: { asked: Question }) {
  const { releases: text } = words.value
  if (difference === null) return <p class="quiet" role="status">{problem === null || overtaken !== null ? text.comparing : text.unknownChanges}</p>
  return <p role="status">{difference.changes.length === 0 ? text.noChanges : text.changes(difference.counts)}</p>
}
