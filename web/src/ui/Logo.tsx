import mark from './keyfront.svg'

export function Logo() {
  return <span class="logo"><img src={mark} alt="" width="32" height="32" /><span>Keyfront</span></span>
}
