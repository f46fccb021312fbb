/** The button in the corner: it opens the chat and tells what came while it was closed. */
import { button, h, icon, ICONS } from './dom.js';

export class Launcher {
  /** @param {string} label @param {string} unread words with {n} @param {() => void} open */
  constructor(label, unread, open) {
    this.unread = unread;
    this.count = 0;
    this.badge = h('span', { class: 'badge', hidden: true });
    this.button = button(label, open, { 'aria-expanded': 'false', 'aria-haspopup': 'dialog' });
    this.button.prepend(icon(ICONS.mark));
    this.button.append(this.badge);
    this.node = h('section', { class: 'launcher', 'aria-label': label }, this.button);
  }

  /** @param {number} count of lines that nobody has seen */
  tell(count) {
    if (count === this.count) return;
    this.count = count;
    this.badge.hidden = !count;
    this.badge.replaceChildren(String(count), h('span', { class: 'hidden' }, this.unread.replace('{n}', '')));
  }
}

/** A soft sound, where the browser lets us. */
export function chime() {
  try {
    const context = new AudioContext();
    const gain = context.createGain();
    const tone = context.createOscillator();
    tone.frequency.value = 660;
    gain.gain.setValueAtTime(0.06, context.currentTime);
    gain.gain.linearRampToValueAtTime(0, context.currentTime + 0.5);
    tone.connect(gain).connect(context.destination);
    tone.start();
    tone.stop(context.currentTime + 0.5);
    tone.onended = () => context.close();
  } catch { /* silence, then */ }
}
