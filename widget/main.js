/**
 * Reinstate's chat: a launcher for any page, and the heart of the page /chat/.
 *
 *     <script src="https://HOST/chat/widget.js" defer></script>
 *
 * Attributes of the tag: data-title, data-colour (any CSS colour), data-side="left|right",
 * data-open (open at once), data-lang (en, de, es, fr, pt). Calls for the page's own buttons:
 * Reinstate.open(), Reinstate.close(), Reinstate.ask("text"), Reinstate.remove().
 *
 * HOST must allow the site (WEB_ALLOWED_ORIGINS), and a site with a content security policy allows
 * HOST in one line (style-src for browsers from before 2023 only):
 *
 *     script-src https://HOST; connect-src https://HOST; style-src https://HOST
 *
 * Written for Safari 15, Chrome 90, Firefox 90 and newer; `npm run check` holds it to that. The
 * modules here are joined into the one served script by reinstate/channels/assets.py.
 */
import { Api } from './api.js';
import en from './i18n/en.json' with { type: 'json' };
import { languageOf } from './markup.js';
import { areaOf, Store } from './storage.js';
import { View } from './view.js';

const TAG = 'reinstate-chat';
const FILE = '/chat/widget.js';
/** Languages of the chrome; what the bot says comes from the server. English is here, others are fetched. */
const LANGUAGES = ['en', 'de', 'es', 'fr', 'pt'];

/** The tag, and the address that the script came from: a module and an `import()` have no current script. */
const SCRIPT = /** @type {HTMLScriptElement | null} */ (document.currentScript ?? document.querySelector(`script[src*="${FILE}"]`));
const FROM = SCRIPT?.src || performance.getEntriesByType('resource').map(({ name }) => name).find((name) => name.includes(FILE)) || `${location.origin}${FILE}`;
const BASE = new URL('.', FROM).href;

/** `<reinstate-chat>`: a launcher with its panel, or with `full` the panel alone. */
class ReinstateChat extends HTMLElement {
  constructor() {
    super();
    /** @type {View | undefined} */ this.view = undefined;
    /** @type {(view: View) => void} */ this.built = () => {};
    /** @type {Promise<View>} */ this.ready = new Promise((resolve) => { this.built = resolve; });
  }

  connectedCallback() {
    if (made && made !== this && !this.hasAttribute('full')) { // a copy, from a framework's cache of the page
      this.remove();
      return;
    }
    if (this.view) {
      this.view.attach();
      return;
    }
    const language = languageOf(LANGUAGES, this.dataset.lang, document.documentElement.lang, navigator.language);
    if (language === 'en') this.build(language, en);
    else fetch(`${BASE}widget.${language}.json`).then((answer) => answer.json()).then((words) => this.build(language, words), () => this.build('en', en));
  }

  /** @param {string} language @param {import('./types.js').Words} words */
  build(language, words) {
    if (this.view) return;
    this.view = new View(this, new Api(BASE), new Store(new URL(BASE).host, areaOf('localStorage')), language, words);
    if (this.isConnected) this.view.attach();
    this.built(this.view);
  }

  disconnectedCallback() {
    this.view?.detach();
  }

  /** The conversation. */
  get talk() {
    return this.view?.talk;
  }

  /** Where it is shown. */
  get log() {
    return this.view?.log;
  }
}

/** The launcher that we put into the page. @type {ReinstateChat | undefined} */
let made;

/**
 * The page's own element, or a launcher behind the body: what moves, filters or changes the body as a whole
 * does neither move it nor take it away.
 */
function chat() {
  const own = /** @type {ReinstateChat | null} */ (document.querySelector(`${TAG}[full]`));
  if (own) return own;
  if (!made) {
    made = /** @type {ReinstateChat} */ (document.querySelector(TAG) ?? document.createElement(TAG));
    Object.assign(made.dataset, SCRIPT?.dataset);
    watcher.observe(document.documentElement, { childList: true });
  }
  if (!made.isConnected) document.documentElement.append(made);
  return made;
}

const watcher = new MutationObserver(() => {
  if (document.body) chat();
});

function remove() {
  watcher.disconnect();
  made?.remove();
  made = undefined;
}

if (!customElements.get(TAG)) { // else the tag stands there twice, or was run again
  customElements.define(TAG, ReinstateChat);
  Object.assign(window, {
    Reinstate: Object.freeze({
      open: () => chat().ready.then((view) => view.open()),
      close: () => chat().ready.then((view) => view.close()),
      ask: (/** @type {string} */ text) => chat().ready.then((view) => view.ask(text)),
      remove,
    }),
  });
  if (document.body) chat();
  else addEventListener('DOMContentLoaded', chat);
}
