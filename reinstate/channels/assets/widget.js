/**
 * Reinstate's chat: a launcher for any page, and the heart of the page /chat/.
 *
 *     <script src="https://HOST/chat/widget.js" defer></script>
 *
 * Attributes of the tag: data-title, data-colour (any CSS colour), data-side="left|right",
 * data-open (open at once), data-lang (en, de, es, fr, pt). Calls for the page's own buttons:
 * Reinstate.open(), Reinstate.close(), Reinstate.ask("text").
 *
 * HOST must allow the site (WEB_ALLOWED_ORIGINS), and a site with a content security policy allows
 * HOST in one line:
 *
 *     script-src https://HOST; connect-src https://HOST
 *
 * One file, since a site is asked for one tag and one request. From top to bottom: words, storage,
 * HTTP, the conversation, text to nodes, the element, its styles.
 */
(() => {
  /** Every word of the chrome, by language. What the bot says comes from the server. */
  const WORDS = {
    en: {
      launcher: 'Account suspended?', close: 'Close', more: 'More', restart: 'New conversation',
      save: 'Save as text', print: 'Print', times: 'Show times', forget: 'Forget me',
      forgetTitle: 'Delete this conversation?',
      forgetBody: 'Everything written here is deleted at once, on the server and in this browser. It cannot be brought back.',
      forgetYes: 'Delete everything', forgetNo: 'Keep it', forgetFailed: 'Not deleted yet. Please try again.',
      forgotten: 'Deleted. Nothing of the conversation is left.',
      ended: 'The earlier conversation has ended and nothing of it is kept here. What you write now belongs to a new one.',
      log: 'Conversation', you: 'You', choices: 'Possible answers', message: 'Your message',
      send: 'Send',
      hello: 'Tell me in your own words what happened to your account, or paste what Upwork wrote to you.',
      hint: 'Not Upwork. Kept so that you can come back; “Forget me” deletes it. No passwords, please.',
      writing: 'Reinstate is writing', sending: 'Sending …', waiting: 'Not sent yet. It is tried again by itself.',
      now: 'Try now', failed: 'Not sent.', again: 'Try again', discard: 'Discard',
      offline: 'You are offline. What you write is kept and sent when you are back.',
      lost: 'No connection to Reinstate at the moment. Trying again …', back: 'Connected again.',
      refused: 'The chat cannot be used from this site.', elsewhere: 'Open it on its own page',
      tooLong: 'Too long by {n} characters. Please send it in parts.',
      copy: 'Copy letter', copied: 'Copied', newest: 'Newest message',
    },
    de: {
      launcher: 'Konto gesperrt?', close: 'Schließen', more: 'Mehr', restart: 'Neues Gespräch',
      save: 'Als Text speichern', print: 'Drucken', times: 'Zeiten zeigen', forget: 'Vergiss mich',
      forgetTitle: 'Dieses Gespräch löschen?',
      forgetBody: 'Alles hier Geschriebene wird sofort gelöscht, auf dem Server und in diesem Browser. Es lässt sich nicht zurückholen.',
      forgetYes: 'Alles löschen', forgetNo: 'Behalten', forgetFailed: 'Noch nicht gelöscht. Bitte noch einmal versuchen.',
      forgotten: 'Gelöscht. Von dem Gespräch ist nichts mehr da.',
      ended: 'Das frühere Gespräch ist beendet, hier ist nichts davon aufbewahrt. Was Sie jetzt schreiben, gehört zu einem neuen.',
      log: 'Gespräch', you: 'Sie', choices: 'Mögliche Antworten', message: 'Ihre Nachricht',
      send: 'Senden',
      hello: 'Erzählen Sie in eigenen Worten, was mit Ihrem Konto passiert ist, oder fügen Sie ein, was Upwork geschrieben hat.',
      hint: 'Nicht Upwork. Wird aufbewahrt, bis Sie „Vergiss mich“ wählen. Bitte keine Passwörter.',
      writing: 'Reinstate schreibt', sending: 'Wird gesendet …', waiting: 'Noch nicht gesendet. Es wird von selbst wieder versucht.',
      now: 'Jetzt versuchen', failed: 'Nicht gesendet.', again: 'Noch einmal', discard: 'Verwerfen',
      offline: 'Sie sind offline. Was Sie schreiben, bleibt hier und wird später gesendet.',
      lost: 'Gerade keine Verbindung zu Reinstate. Neuer Versuch …', back: 'Wieder verbunden.',
      refused: 'Der Chat ist auf dieser Seite nicht erlaubt.', elsewhere: 'Auf eigener Seite öffnen',
      tooLong: '{n} Zeichen zu lang. Bitte in Teilen senden.',
      copy: 'Brief kopieren', copied: 'Kopiert', newest: 'Neueste Nachricht',
    },
    es: {
      launcher: '¿Cuenta suspendida?', close: 'Cerrar', more: 'Más', restart: 'Nueva conversación',
      save: 'Guardar como texto', print: 'Imprimir', times: 'Mostrar horas', forget: 'Olvídame',
      forgetTitle: '¿Borrar esta conversación?',
      forgetBody: 'Todo lo escrito aquí se borra al instante, en el servidor y en este navegador. No se puede recuperar.',
      forgetYes: 'Borrar todo', forgetNo: 'Conservar', forgetFailed: 'Aún no se ha borrado. Inténtalo de nuevo.',
      forgotten: 'Borrado. No queda nada de la conversación.',
      ended: 'La conversación anterior ha terminado y aquí no se guarda nada de ella. Lo que escribas ahora empieza otra.',
      log: 'Conversación', you: 'Tú', choices: 'Respuestas posibles', message: 'Tu mensaje',
      send: 'Enviar',
      hello: 'Cuenta con tus palabras qué pasó con tu cuenta, o pega lo que te escribió Upwork.',
      hint: 'No es Upwork. Se guarda hasta que elijas «Olvídame». No escribas contraseñas.',
      writing: 'Reinstate está escribiendo', sending: 'Enviando …', waiting: 'Aún no enviado. Se intentará de nuevo.',
      now: 'Intentar ahora', failed: 'No enviado.', again: 'Reintentar', discard: 'Descartar',
      offline: 'Estás sin conexión. Lo que escribas se guarda y se envía después.',
      lost: 'Sin conexión con Reinstate. Intentando de nuevo …', back: 'Conectado de nuevo.',
      refused: 'El chat no se puede usar desde este sitio.', elsewhere: 'Abrirlo en su propia página',
      tooLong: 'Sobran {n} caracteres. Envíalo por partes.',
      copy: 'Copiar carta', copied: 'Copiado', newest: 'Mensaje más reciente',
    },
    fr: {
      launcher: 'Compte suspendu ?', close: 'Fermer', more: 'Plus', restart: 'Nouvelle conversation',
      save: 'Enregistrer en texte', print: 'Imprimer', times: 'Afficher les heures', forget: 'Oubliez-moi',
      forgetTitle: 'Supprimer cette conversation ?',
      forgetBody: 'Tout ce qui est écrit ici est supprimé aussitôt, sur le serveur et dans ce navigateur. C’est définitif.',
      forgetYes: 'Tout supprimer', forgetNo: 'Garder', forgetFailed: 'Pas encore supprimé. Veuillez réessayer.',
      forgotten: 'Supprimé. Il ne reste rien de la conversation.',
      ended: 'La conversation précédente est terminée, rien n’en est gardé ici. Ce que vous écrivez commence une nouvelle.',
      log: 'Conversation', you: 'Vous', choices: 'Réponses possibles', message: 'Votre message',
      send: 'Envoyer',
      hello: 'Racontez ce qui est arrivé à votre compte, ou collez ce qu’Upwork vous a écrit.',
      hint: 'Ce n’est pas Upwork. Gardé jusqu’à « Oubliez-moi ». Pas de mots de passe.',
      writing: 'Reinstate écrit', sending: 'Envoi …', waiting: 'Pas encore envoyé. Nouvel essai automatique.',
      now: 'Essayer', failed: 'Non envoyé.', again: 'Réessayer', discard: 'Abandonner',
      offline: 'Vous êtes hors ligne. Vos messages sont gardés et envoyés ensuite.',
      lost: 'Pas de connexion à Reinstate. Nouvel essai …', back: 'De nouveau connecté.',
      refused: 'Le chat ne peut pas être utilisé depuis ce site.', elsewhere: 'L’ouvrir sur sa propre page',
      tooLong: '{n} caractères de trop. Envoyez-le en plusieurs fois.',
      copy: 'Copier la lettre', copied: 'Copié', newest: 'Dernier message',
    },
    pt: {
      launcher: 'Conta suspensa?', close: 'Fechar', more: 'Mais', restart: 'Nova conversa',
      save: 'Salvar como texto', print: 'Imprimir', times: 'Mostrar horas', forget: 'Esqueça-me',
      forgetTitle: 'Apagar esta conversa?',
      forgetBody: 'Tudo o que foi escrito aqui é apagado na hora, no servidor e neste navegador. Não há como recuperar.',
      forgetYes: 'Apagar tudo', forgetNo: 'Manter', forgetFailed: 'Ainda não foi apagado. Tente de novo.',
      forgotten: 'Apagado. Não resta nada da conversa.',
      ended: 'A conversa anterior terminou e nada dela fica aqui. O que você escrever agora começa outra.',
      log: 'Conversa', you: 'Você', choices: 'Respostas possíveis', message: 'Sua mensagem',
      send: 'Enviar',
      hello: 'Conte com suas palavras o que aconteceu com sua conta, ou cole o que a Upwork escreveu.',
      hint: 'Não é a Upwork. Fica guardado até você escolher “Esqueça-me”. Não escreva senhas.',
      writing: 'Reinstate está escrevendo', sending: 'Enviando …', waiting: 'Ainda não enviado. Será tentado de novo.',
      now: 'Tentar agora', failed: 'Não enviado.', again: 'Tentar de novo', discard: 'Descartar',
      offline: 'Você está sem conexão. O que escrever fica guardado e é enviado depois.',
      lost: 'Sem conexão com Reinstate. Tentando de novo …', back: 'Conectado de novo.',
      refused: 'O chat não pode ser usado neste site.', elsewhere: 'Abrir na própria página',
      tooLong: '{n} caracteres a mais. Envie em partes.',
      copy: 'Copiar carta', copied: 'Copiado', newest: 'Mensagem mais recente',
    },
  };

  const NAME = 'Reinstate';
  const BOT_LANGUAGE = 'en';
  const SCRIPT = (
    document.currentScript ?? document.querySelector('script[src*="/chat/widget.js"]'));
  const BASE = new URL('.', SCRIPT.src).href;
  const LONGEST_TEXT = 4000;
  const SILENCE_MS = 45_000;       // a reply without a byte for so long counts as cut off
  const FIRST_WAIT_MS = 800;
  const LONGEST_WAIT_MS = 5_000;
  const MOST_FAILED_TURNS = 8;     // a turn that the server fails so often waits for the person
  const PHONE = matchMedia('(max-width: 560px), (max-height: 480px)');
  const FINGER = matchMedia('(pointer: coarse)');

  /**
   * @typedef {{title: string, payload: string}} Button
   * @typedef {{from: 'person' | 'bot', text: string, buttons: Button[], at?: number,
   *   state?: 'sending' | 'sent' | 'waiting' | 'failed', words?: string, pressed?: boolean}} Line
   *   One message as it is shown; `state` only while the server has not confirmed it.
   * @typedef {{id: string, text?: string, button?: string, shown: string, at: number,
   *   after?: number, failed?: string}} Item
   *   A message in the outbox; `after` is how many lines stood before it when it was first sent.
   * @typedef {{item: Item, line: Line, replies: Line[], tries: number}} Turn
   */

  // --- storage -----------------------------------------------------------------------------------

  /** Small values by name, in localStorage, or in memory where the browser forbids that. */
  class Store {
    /** @param {string} host the server; each has its own values */
    constructor(host) {
      this.prefix = `reinstate:${host}:`;
      this.memory = new Map();
      try {
        this.area = window.localStorage;
        this.area.getItem(this.prefix);
      } catch {
        this.area = null;
      }
    }

    /** @param {string} name @returns {any} the value, or null */
    get(name) {
      try {
        return JSON.parse((this.area ? this.area.getItem(this.prefix + name) : this.memory.get(name)) ?? 'null');
      } catch {
        return null;
      }
    }

    /** @param {string} name @param {any} value */
    set(name, value) {
      const text = JSON.stringify(value);
      this.memory.set(name, text);
      try {
        this.area?.setItem(this.prefix + name, text);
      } catch {
        this.area = null; // full: the copies in memory serve this tab
      }
    }

    /** @param {string} name */
    remove(name) {
      this.memory.delete(name);
      this.area?.removeItem(this.prefix + name);
    }

    /** @param {string} start @returns {string[]} names that begin so */
    names(start) {
      const names = this.area
        ? Object.keys(this.area).filter((key) => key.startsWith(this.prefix)).map((key) => key.slice(this.prefix.length))
        : [...this.memory.keys()];
      return names.filter((name) => name.startsWith(start));
    }

    clear() {
      for (const name of this.names('')) this.remove(name);
    }
  }

  // --- HTTP --------------------------------------------------------------------------------------

  /** Why a request did not succeed. */
  class Problem extends Error {
    /**
     * @param {'network' | 'refused' | 'gone' | 'busy' | 'failed' | 'bad'} kind no answer; forbidden
     *   for this site; no such conversation; later; the turn failed; will never work
     * @param {string} words what the server says of it
     * @param {number} waitMs how long to wait at least
     */
    constructor(kind, words = '', waitMs = 0) {
      super(words || kind);
      this.kind = kind;
      this.words = words;
      this.waitMs = waitMs;
    }
  }

  /** Speaks the web door's HTTP. Every method throws a `Problem`. */
  class Api {
    /** @param {(token: string) => void} renewed called with a token that replaces the present one */
    constructor(renewed) {
      this.renewed = renewed;
    }

    /** @returns {Promise<{token: string, conversation: string}>} */
    async open() {
      return read(await this.request('POST', 'session', '', {}));
    }

    /** @param {string} token @returns {Promise<Line[]>} */
    async history(token) {
      const { messages } = await read(await this.request('GET', 'history', token));
      return messages.map((message) => lineOf(message.from, message));
    }

    /** @param {string} token */
    async forget(token) {
      await this.request('DELETE', 'session', token);
    }

    /**
     * Send a message; its reply, line by line.
     * @param {string} token @param {object} message @param {AbortController} stop
     * @returns {AsyncGenerator<Line>}
     */
    async *say(token, message, stop) {
      let timer = 0;
      const listen = () => {
        clearTimeout(timer);
        timer = setTimeout(() => stop.abort(), SILENCE_MS);
      };
      listen();
      try {
        const response = await this.request('POST', 'messages', token, message, stop.signal);
        for await (const value of jsonLines(response, listen)) {
          if (value.type === 'done') return;
          if (value.type === 'message') yield lineOf('bot', value);
        }
        throw new Problem('network');
      } finally {
        clearTimeout(timer);
      }
    }

    /**
     * @param {string} method @param {string} path @param {string} token
     * @param {object} [body] @param {AbortSignal} [signal]
     */
    async request(method, path, token, body, signal = AbortSignal.timeout(SILENCE_MS)) {
      const headers = body ? { 'Content-Type': 'application/json' } : {};
      if (token) headers.Authorization = `Bearer ${token}`;
      const options = { method, headers, signal, body: body && JSON.stringify(body), cache: 'no-store' };
      const response = await fetch(BASE + path, { ...options, credentials: 'omit' }).catch(() => null);
      if (!response) throw new Problem('network');
      const renewed = response.headers.get('X-Session-Token');
      if (renewed) this.renewed(renewed);
      if (!response.ok) throw await problemOf(response);
      return response;
    }

    /**
     * Whether the server is there but does not answer this site: a browser hides a refusal from
     * the page, so it looks like no network at all.
     */
    async refuses() {
      if (BASE.startsWith(location.origin + '/') || !navigator.onLine) return false;
      const there = () => fetch(`${BASE}widget.js`, { mode: 'no-cors', cache: 'no-store' }).then(() => true, () => false);
      const answers = () => fetch(`${BASE}history`, { cache: 'no-store' }).then(() => true, () => false);
      return (await there()) && !(await answers());
    }
  }

  async function read(response) {
    return response.json().catch(() => {
      throw new Problem('network');
    });
  }

  /** @param {Response} response */
  async function problemOf(response) {
    const words = await response.json().then((body) => String(body.error.message), () => '');
    const kinds = { 401: 'gone', 403: 'refused', 429: 'busy' };
    const kind = kinds[response.status] ?? (response.status >= 500 ? 'failed' : 'bad');
    return new Problem(kind, words, 1000 * Number(response.headers.get('Retry-After') ?? 0) || 0);
  }

  /** @param {Response} response @param {() => void} heard called with every piece that arrives */
  async function* jsonLines(response, heard) {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        heard();
        const lines = (rest + value).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line) yield JSON.parse(line);
      }
    } catch {
      throw new Problem('network');
    } finally {
      reader.read().catch(() => {}); // the end behind the last line: the connection stays usable
    }
  }

  /** @param {Line['from']} from @param {any} message @returns {Line} */
  function lineOf(from, message) {
    const buttons = (message.buttons ?? []).map((b) => ({ title: String(b.title), payload: String(b.payload) }));
    return { from, text: String(message.text ?? ''), buttons };
  }

  /** @param {Line | undefined} one @param {Line} other */
  function same(one, other) {
    return one?.from === other.from && one.text === other.text && JSON.stringify(one.buttons) === JSON.stringify(other.buttons);
  }

  function newId() {
    return crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`; // missing on plain http; unique in a conversation is enough
  }

  // --- the conversation --------------------------------------------------------------------------

  /**
   * What was said, and what is on its way. `base` is what the server has; `turns` wait in the
   * outbox, which outlives the page, until their reply has come to its end. One loop (`work`) sends
   * one turn after the other; whatever goes wrong, it sends the same id again, so the server
   * answers once. Lines of the base are never changed, only replaced.
   */
  class Conversation {
    /** @param {() => void} changed called when something is to be shown anew */
    constructor(changed) {
      this.changed = changed;
      this.store = new Store(new URL(BASE).host);
      this.api = new Api((token) => {
        if (this.session) this.store.set('session', { ...this.session, token });
      });
      /** @type {Line[]} */ this.base = [];
      /** @type {Turn[]} */ this.turns = [];
      /** @type {'ok' | 'offline' | 'lost' | 'refused'} */ this.connection = 'ok';
      /** @type {'' | 'ended' | 'forgotten'} */ this.notice = '';
      /** @type {string | undefined} id of the conversation that the base belongs to */ this.conversation = undefined;
      this.started = false;
      this.stale = 0; // how often the history was asked for since it was last read
      this.working = false;
      this.stop = new AbortController();
      this.wake = () => {}; // ends the waiting for the next try, unless the server named the time
    }

    /** @returns {{token: string, conversation: string} | null} */
    get session() {
      const session = this.store.get('session');
      return typeof session?.token === 'string' ? session : null;
    }

    get lines() {
      return [...this.base, ...this.turns.flatMap((turn) => [turn.line, ...turn.replies])];
    }

    get writing() {
      return this.turns.some((turn) => turn.line.state === 'sending' || turn.line.state === 'sent');
    }

    get hasUnsent() {
      return this.store.names('out:').length > 0;
    }

    /** Take up what this browser knows: the conversation and what was not sent. */
    start() {
      if (this.started) return;
      this.started = true;
      this.conversation = this.session?.conversation;
      const items = this.store.names('out:').map((name) => this.store.get(name));
      const usable = items.filter((item) => item?.id && typeof item.shown === 'string');
      this.turns = usable.sort((a, b) => a.at - b.at).map((item) => ({ ...newTurn(item), tries: 1 }));
      this.refresh();
    }

    /** Look at the server's history once more: another tab may have written, or time has passed. */
    refresh() {
      if (!this.started) return;
      if (this.session) this.stale += 1;
      this.wake();
      this.changed();
      this.work();
    }

    /** @param {string} text */
    say(text) {
      this.add({ text, shown: text });
    }

    /** @param {Button} button */
    press(button) {
      this.add({ button: button.payload, shown: button.title });
    }

    /** @param {{text?: string, button?: string, shown: string}} message */
    add(message) {
      this.start();
      const turn = newTurn({ id: newId(), at: Date.now(), ...message });
      turn.line.pressed = message.button !== undefined;
      this.keep(turn);
      this.turns.push(turn);
      this.notice = '';
      this.wake();
      this.changed();
      this.work();
    }

    /** @param {Turn} turn */
    keep(turn) {
      this.store.set(`out:${turn.item.id}`, turn.item);
    }

    /** @param {Line} line a failed one */
    retry(line) {
      const turn = this.turns.find((each) => each.line === line);
      delete turn.item.failed;
      line.state = 'waiting';
      this.keep(turn);
      this.work();
    }

    /** @param {Line} line a failed one */
    discard(line) {
      const turn = this.turns.find((each) => each.line === line);
      this.turns = this.turns.filter((each) => each !== turn);
      this.store.remove(`out:${turn.item.id}`);
      this.changed();
    }

    /** Delete everything, there and here. Throws a `Problem`; then nothing was deleted. */
    async forget() {
      if (this.session) {
        await this.api.forget(this.session.token).catch((problem) => {
          if (problem.kind !== 'gone') throw problem;
        });
      }
      this.store.clear();
      this.empty('forgotten');
    }

    /** Drop what is no longer stored. @param {Conversation['notice']} notice why */
    empty(notice) {
      this.stop.abort();
      this.base = [];
      this.turns = this.turns.filter((turn) => this.store.get(`out:${turn.item.id}`));
      this.stale = 0;
      this.notice = notice;
      this.wake();
      this.changed();
    }

    /** Another tab changed what is stored. @param {StorageEvent} event */
    heed(event) {
      if (!this.started || (event.key !== null && !event.key.startsWith(this.store.prefix))) return;
      const name = event.key?.slice(this.store.prefix.length) ?? 'session';
      if (name === 'session' && !this.session) {
        if (this.lines.length) this.empty('ended');
      } else if (name === 'session' && this.session.conversation !== this.conversation) {
        this.conversation = this.session.conversation;
        this.base = [];
        this.refresh();
      } else if (name.startsWith('out:') && event.newValue === null) {
        this.refresh();
      }
    }

    /** Bring everything up to date, one thing after the other, for as long as it takes. */
    async work() {
      if (this.working) return;
      this.working = true;
      for (let failures = 0; ; ) {
        const turn = this.turns.find((each) => each.line.state !== 'failed');
        if (!turn && !this.stale) break;
        try {
          await (this.stale || !turn ? this.synchronize() : this.deliver(turn));
          failures = 0;
          this.connection = 'ok';
        } catch (error) {
          if (turn && !this.turns.includes(turn)) continue; // forgotten meanwhile
          failures += 1;
          if (!(error instanceof Problem)) reportError(error);
          await this.cope(error instanceof Problem ? error : new Problem('bad'), turn, failures);
        }
        this.changed();
      }
      this.working = false;
      this.connection = navigator.onLine ? 'ok' : 'offline';
      this.changed();
    }

    /** Replace the base by the server's history; a turn under way is shown by itself. */
    async synchronize() {
      const { session, stale } = this;
      const found = session ? await this.api.history(session.token) : [];
      if (this.session?.conversation !== session?.conversation) return;
      this.stale -= stale;
      const after = this.turns.find((turn) => turn.line.state !== 'failed')?.item.after;
      const times = [this.store.get('times')].flat();
      this.base = found.slice(0, after).map((line, index) => {
        const known = this.base[index];
        return same(known, line) ? known : { ...line, at: times[index] };
      });
    }

    /** Open a session, unless another tab was faster. */
    async open() {
      const opened = await this.api.open();
      if (!this.session) this.store.set('session', opened);
      this.conversation = this.session.conversation;
      return this.session;
    }

    /** @param {Turn} turn */
    async deliver(turn) {
      const { item, line } = turn;
      line.state = 'sending';
      turn.tries += 1;
      this.changed();
      const session = this.session ?? (await this.open());
      if (!this.turns.includes(turn)) return; // forgotten meanwhile
      item.after ??= this.base.length;
      this.keep(turn);
      this.stop = new AbortController();
      const message = { id: item.id, ...(item.button === undefined ? { text: item.text } : { button: item.button }) };
      let count = 0;
      for await (const reply of this.api.say(session.token, message, this.stop)) {
        if (!same(turn.replies[count], reply)) turn.replies[count] = { ...reply, at: Date.now() };
        count += 1;
        line.state = 'sent';
        this.connection = 'ok';
        this.changed();
      }
      turn.replies.length = count;
      this.finish(turn);
    }

    /** @param {Turn} turn whose reply has come to its end */
    finish(turn) {
      if (!this.turns.includes(turn)) return;
      const said = turn.item.text ?? turn.item.button ?? '';
      delete turn.line.state;
      this.turns = this.turns.filter((each) => each !== turn);
      this.base = said.trim().toLowerCase() === '/restart' ? turn.replies : [...this.base, turn.line, ...turn.replies];
      this.store.set('times', this.base.map((line) => line.at));
      this.store.remove(`out:${turn.item.id}`);
      // After a retry the history has the last word; after such words it may be gone.
      if (turn.tries > 1 || /forget|delete/i.test(said)) this.stale += 1;
    }

    /** @param {Problem} problem @param {Turn | undefined} turn @param {number} failures in a row */
    async cope(problem, turn, failures) {
      if (problem.kind === 'gone' && failures <= 2) return this.moveOn();
      const hopeless = problem.kind === 'bad' || problem.kind === 'gone' || (problem.kind === 'failed' && failures >= MOST_FAILED_TURNS);
      if (hopeless) {
        this.stale = 0;
        if (turn) {
          Object.assign(turn.line, { state: 'failed', words: problem.words });
          turn.item.failed = problem.words;
          this.keep(turn);
        }
        return;
      }
      if (turn && !turn.replies.length) {
        Object.assign(turn.line, { state: 'waiting', words: problem.kind === 'busy' ? problem.words : '' });
      }
      if (problem.kind === 'refused') this.connection = 'refused';
      if (problem.kind === 'network') {
        this.connection = navigator.onLine ? 'lost' : 'offline';
        if (await this.api.refuses()) this.connection = 'refused';
      }
      this.changed();
      const backoff = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1)) * (0.75 + Math.random() / 2);
      await this.pause(Math.max(backoff, problem.waitMs), problem.waitMs > 0);
    }

    /** The conversation is gone on the server: what waits goes into a new one. */
    moveOn() {
      this.store.remove('session');
      this.store.remove('times');
      this.base = [];
      this.stale = 0;
      this.notice = 'ended';
      for (const turn of this.turns) {
        const { id, at, shown } = turn.item;
        turn.item = { id, at, shown, text: turn.item.text ?? shown }; // its button is not known there
        turn.replies = [];
      }
    }

    /** @param {number} ms @param {boolean} fixed whether nothing may shorten it */
    pause(ms, fixed) {
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.wake = () => {
          if (fixed && this.turns.length) return;
          clearTimeout(timer);
          resolve(undefined);
        };
      });
    }
  }

  /** @param {Item} item @returns {Turn} */
  function newTurn(item) {
    const line = { from: 'person', text: item.shown, buttons: [], at: item.at, state: 'waiting', words: '' };
    if (item.failed !== undefined) Object.assign(line, { state: 'failed', words: item.failed });
    return { item, line, replies: [], tries: 0 };
  }

  // --- text to nodes -----------------------------------------------------------------------------

  const ADDRESS = /https:\/\/[^\s<>"]+/g;
  const ITEM = /^(?:(\d{1,3})\.|•)\s+(.*)$/;
  const LETTER = /^(?:Subject:|Dear Upwork)/m;

  /**
   * An element. Text given as a child stays text: nothing here is ever read as HTML.
   * @param {string} tag @param {Record<string, any>} [attributes] `on…` are listeners
   * @param {...(Node | string)} children
   */
  function h(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
      else if (value !== false) element.setAttribute(name, value === true ? '' : value);
    }
    element.append(...children);
    return element;
  }

  /**
   * @param {string} label @param {(event: Event) => void} onclick
   * @param {Record<string, any>} [attributes] @param {string} [drawing] shown instead of the label
   */
  function button(label, onclick, attributes = {}, drawing = '') {
    const named = drawing ? { 'aria-label': label } : {};
    return h('button', { type: 'button', onclick, ...named, ...attributes }, drawing ? icon(drawing) : label);
  }

  /** @type {WeakMap<Element, Element[]>} */ const ARRANGED = new WeakMap();

  /**
   * Make nodes the children of another; those that stay are not touched.
   * @param {Element} parent @param {Element[]} nodes
   */
  function arrange(parent, nodes) {
    const before = ARRANGED.get(parent) ?? [];
    if (before.length === nodes.length && before.every((node, index) => node === nodes[index])) return;
    ARRANGED.set(parent, nodes);
    const wanted = new Set(nodes);
    for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
    let present = parent.firstElementChild;
    for (const node of nodes) {
      if (node === present) present = present.nextElementSibling;
      else parent.insertBefore(node, present);
    }
  }

  /** @param {string} path of a 24 by 24 drawing */
  function icon(path) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('viewBox', '0 0 24 24');
    svg.setAttribute('aria-hidden', 'true');
    const drawn = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    drawn.setAttribute('d', path);
    svg.append(drawn);
    return svg;
  }

  /** Text with its https addresses as links. @param {string} text @returns {(Node | string)[]} */
  function linked(text) {
    const parts = [];
    let end = 0;
    for (const match of text.matchAll(ADDRESS)) {
      const address = withoutPunctuation(match[0]);
      if (!isPlain(address)) continue;
      const link = h('a', { href: address, target: '_blank', rel: 'noopener noreferrer' }, address);
      parts.push(text.slice(end, match.index), link);
      end = match.index + address.length;
    }
    return [...parts, text.slice(end)];
  }

  /** @param {string} address */
  function withoutPunctuation(address) {
    const short = address.replace(/[\].,;:!?'’”»…]+$/, '');
    const isOpen = short.split('(').length >= short.split(')').length;
    return isOpen || !short.endsWith(')') ? short : withoutPunctuation(short.slice(0, -1));
  }

  /** Whether it leads where it seems to. @param {string} address */
  function isPlain(address) {
    return URL.canParse(address) && !new URL(address).username;
  }

  /** Paragraphs and lists of a text. @param {string} text @returns {HTMLElement[]} */
  function blocks(text) {
    const found = [];
    let open = false; // whether the next line goes on in the last paragraph
    for (const line of text.split('\n')) {
      const last = found[found.length - 1];
      const [, number, words] = line.match(ITEM) ?? [];
      if (words !== undefined) {
        const tag = number ? 'OL' : 'UL';
        const list = last?.tagName === tag ? last : h(tag, number ? { start: number } : {});
        if (list !== last) found.push(list);
        list.append(h('li', { dir: 'auto' }, ...linked(words)));
      } else if (line.trim() && open) {
        last.append(h('br'), ...linked(line));
      } else if (line.trim()) {
        found.push(h('p', { dir: 'auto' }, ...linked(line)));
      }
      open = words === undefined && line.trim() !== '';
    }
    return found;
  }

  /** @param {string} text */
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch { // plain http
      const area = h('textarea');
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand('copy');
      area.remove();
    }
  }

  // --- the element -------------------------------------------------------------------------------

  const ICONS = {
    mark: 'M4 12a8 8 0 1 1 3 6.2L3.5 19.5l1.2-3.4A8 8 0 0 1 4 12Zm5-.2 2.3 2.4L15.4 10',
    close: 'M6 6l12 12M18 6 6 18',
    more: 'M5 11.5v1M12 11.5v1M19 11.5v1',
    send: 'M12 19V5m-6 6 6-6 6 6',
    down: 'M12 5v14m-6-6 6 6 6-6',
  };

  /** `<reinstate-chat>`: a launcher with its panel, or with `full` the panel alone. */
  class ReinstateChat extends HTMLElement {
    connectedCallback() {
      if (this.shadowRoot) return;
      const asked = (this.dataset.lang || document.documentElement.lang || navigator.language).slice(0, 2).toLowerCase();
      this.language = asked in WORDS ? asked : 'en';
      this.words = WORDS[this.language];
      this.full = this.hasAttribute('full');
      /** @type {WeakMap<Line, HTMLElement>} */ this.nodes = new WeakMap();
      /** @type {WeakMap<Line, HTMLElement>} */ this.turnNodes = new WeakMap();
      /** @type {WeakMap<HTMLElement, string>} */ this.states = new WeakMap();
      /** @type {Map<string, HTMLElement>} */ this.offered = new Map();
      this.following = true;
      this.drawing = false;
      this.wasConnected = true;
      this.talk = new Conversation(() => this.draw());
      this.build();
      this.listen();
      if (this.full || this.talk.hasUnsent) this.talk.start();
      if ('open' in this.dataset) this.open(false);
    }

    /** Dates and times in words; made when the first is shown, since that takes a while. */
    get clock() {
      return (this.made ??= new Intl.DateTimeFormat(this.language, { dateStyle: 'medium', timeStyle: 'short' }));
    }

    // --- what others call

    /** @param {boolean} focus */
    open(focus = true) {
      this.talk.start();
      if (!this.full && !this.isOpen) {
        if (PHONE.matches) this.panel.showModal();
        else this.panel.open = true; // show() would take the focus at once
        this.launcher.setAttribute('aria-expanded', 'true');
        this.root.classList.add('open');
        this.scroll();
      }
      if (focus) this.focusInside();
    }

    close() {
      if (this.full || !this.isOpen) return;
      this.toggleMenu(false);
      this.panel.close();
      this.launcher.setAttribute('aria-expanded', 'false');
      this.root.classList.remove('open');
      this.launcher.focus();
    }

    /** @param {string} text */
    ask(text) {
      this.open();
      if (String(text).trim()) this.talk.say(String(text).trim());
    }

    get isOpen() {
      return this.full || this.panel.open;
    }

    // --- building

    build() {
      const { words } = this;
      const shadow = this.attachShadow({ mode: 'open' });
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLES);
      shadow.adoptedStyleSheets = [sheet];
      this.log = h('div', { class: 'log', role: 'log', tabindex: '0', 'aria-label': words.log });
      this.start = h('div', { class: 'start' }, h('slot', {}, h('p', {}, words.hello)));
      this.dots = h('div', { class: 'dots', hidden: true }, h('span', { class: 'hidden' }, words.writing), h('i'), h('i'), h('i'));
      this.pane = h('div', { class: 'pane' }, this.start, this.log, this.dots);
      this.newest = button(words.newest, () => this.toEnd(), { class: 'newest', hidden: true }, ICONS.down);
      this.status = h('p', { class: 'status', role: 'status' });
      this.banner = h('div', { class: 'banner' }, this.status);
      this.panel = h(
        this.full ? 'section' : 'dialog', { class: 'panel', 'aria-label': this.heading },
        this.buildHeader(), this.banner, h('div', { class: 'middle' }, this.pane, this.newest), this.buildComposer(), this.buildConfirm(),
      );
      this.root = h('div', { class: this.full ? 'root full' : 'root', lang: this.language }, this.panel);
      if (!this.full) this.root.append(this.buildLauncher());
      if (this.dataset.side === 'left') this.root.classList.add('left');
      shadow.append(this.root);
      this.paint();
    }

    get heading() {
      return this.dataset.title || NAME;
    }

    buildLauncher() {
      const label = this.dataset.title || this.words.launcher;
      this.launcher = button(label, () => this.open(), { 'aria-expanded': 'false', 'aria-haspopup': 'dialog' });
      this.launcher.prepend(icon(ICONS.mark));
      return h('section', { class: 'launcher', 'aria-label': label }, this.launcher);
    }

    buildHeader() {
      const { words, talk } = this;
      const items = [
        [words.restart, () => talk.say('/restart')],
        [words.save, () => this.save()],
        ...(this.full ? [[words.print, () => print()]] : []),
        [words.times, () => this.toggleTimes()],
        [words.forget, () => this.confirm.showModal()],
      ];
      this.menu = h('div', { class: 'menu', id: 'menu', hidden: true }, ...items.map(([label, act]) => {
        const choose = () => {
          this.toggleMenu(false);
          this.more.focus();
          act();
        };
        return button(label, choose, label === words.times ? { 'aria-pressed': 'false' } : {});
      }));
      const expands = { class: 'plain', 'aria-expanded': 'false', 'aria-controls': 'menu' };
      this.more = button(words.more, () => this.toggleMenu(), expands, ICONS.more);
      const tools = h('div', { class: 'tools' }, h('slot', { name: 'bar' }), h('div', { class: 'holder' }, this.more, this.menu));
      if (!this.full) tools.append(button(words.close, () => this.close(), { class: 'plain' }, ICONS.close));
      return h('header', {}, h('span', { class: 'mark' }, icon(ICONS.mark)), h('h2', {}, this.heading), tools);
    }

    buildComposer() {
      const { words } = this;
      this.text = h('textarea', { id: 'text', rows: '1', dir: 'auto', placeholder: words.message, enterkeyhint: 'send', autocomplete: 'off', 'aria-describedby': 'hint' });
      const send = button(words.send, () => {}, { class: 'send', type: 'submit' }, ICONS.send);
      this.hint = h('p', { class: 'hint', id: 'hint', role: 'status' }, words.hint);
      const submit = (event) => {
        event.preventDefault();
        this.submit();
      };
      const form = h('form', { class: 'composer', onsubmit: submit }, h('label', { class: 'hidden', for: 'text' }, words.message), this.text, send);
      return h('footer', {}, form, this.hint);
    }

    buildConfirm() {
      const { words } = this;
      const trouble = h('p', { class: 'trouble', role: 'alert' });
      const close = () => this.confirm.close();
      const forget = async () => {
        trouble.textContent = '';
        try {
          await this.talk.forget();
          this.text.value = '';
          this.typed();
          close();
        } catch (problem) {
          trouble.textContent = [words.forgetFailed, problem.words].join(' ');
        }
      };
      this.confirm = h(
        'dialog', { class: 'confirm', 'aria-labelledby': 'sure', 'aria-describedby': 'what', onclose: () => { trouble.textContent = ''; } },
        h('h3', { id: 'sure' }, words.forgetTitle), h('p', { id: 'what' }, words.forgetBody), trouble,
        h('div', { class: 'row' },
          button(words.forgetNo, close, { autofocus: true }),
          button(words.forgetYes, forget, { class: 'danger' })),
      );
      return this.confirm;
    }

    /** Use the host's colour, with black or white on it, whichever can be read better. */
    paint() {
      const { colour } = this.dataset;
      if (!colour || !CSS.supports('color', colour)) return;
      const { style } = this.root;
      style.setProperty('--brand', colour);
      style.color = `color-mix(in srgb, ${colour}, ${colour})`; // computes to "color(srgb r g b)"
      const [red, green, blue] = getComputedStyle(this.root).color.match(/[\d.]+/g).map((part) => part ** 2.2);
      style.removeProperty('color');
      style.setProperty('--on-brand', 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#000' : '#fff');
    }

    listen() {
      const { talk } = this;
      addEventListener('storage', (event) => talk.heed(event));
      addEventListener('online', () => talk.refresh());
      addEventListener('offline', () => {
        talk.connection = 'offline';
        this.draw();
      });
      addEventListener('pageshow', (event) => event.persisted && talk.refresh());
      document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && talk.refresh());
      this.addEventListener('click', (event) => {
        const example = event.target.closest('[data-ask]');
        if (!example || this.start.hidden) return;
        this.start.hidden = true; // a double click asks once
        this.ask(example.textContent);
      });
      this.root.addEventListener('keydown', (event) => this.escape(event));
      this.panel.addEventListener('cancel', (event) => {
        event.preventDefault();
        this.close();
      });
      this.root.addEventListener('pointerdown', (event) => {
        if (!event.composedPath().includes(this.menu.parentNode)) this.toggleMenu(false);
      });
      this.listenToComposer();
      this.listenToScrolling();
      this.fitViewport();
    }

    listenToComposer() {
      try {
        this.text.value = sessionStorage.getItem('reinstate:draft');
      } catch { /* no draft is kept */ }
      this.text.addEventListener('input', () => this.typed());
      this.text.addEventListener('keydown', (event) => {
        if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        this.submit();
      });
      this.typed();
    }

    listenToScrolling() {
      const { pane } = this;
      pane.addEventListener('scroll', () => this.drawNewest(), { passive: true });
      for (const kind of ['wheel', 'touchmove', 'keydown', 'pointerdown']) {
        pane.addEventListener(kind, () => { this.following = false; }, { passive: true });
      }
      let height = 0;
      new ResizeObserver(() => { // the last words stay in view when a phone's keyboard opens
        pane.scrollTop += height && height - pane.clientHeight;
        height = pane.clientHeight;
        this.drawNewest();
      }).observe(pane);
    }

    /** On a phone the panel keeps to what the keyboard leaves free. */
    fitViewport() {
      const view = window.visualViewport;
      if (!view) return;
      const fit = () => {
        if (view.scale > 1.01) return; // zoomed in by hand
        this.root.style.setProperty('--height', `${view.height}px`);
        this.root.style.setProperty('--top', `${view.offsetTop}px`);
      };
      view.addEventListener('resize', fit);
      view.addEventListener('scroll', fit);
    }

    // --- what the person does

    submit() {
      const text = this.text.value.trim();
      if (!text || excess(text) > 0) return this.text.focus();
      this.text.value = '';
      this.typed();
      this.talk.say(text);
      if (!FINGER.matches) this.text.focus();
    }

    typed() {
      const over = excess(this.text.value.trim());
      const hint = over > 0 ? this.words.tooLong.replace('{n}', String(over)) : this.words.hint;
      if (this.hint.textContent !== hint) this.hint.textContent = hint;
      this.hint.classList.toggle('trouble', over > 0);
      this.text.ariaInvalid = String(over > 0);
      if (!CSS.supports('field-sizing', 'content')) {
        this.text.style.height = 'auto';
        this.text.style.height = `${this.text.scrollHeight}px`;
      }
      try {
        sessionStorage.setItem('reinstate:draft', this.text.value);
      } catch { /* no draft is kept */ }
    }

    /** @param {KeyboardEvent} event */
    escape(event) {
      if (event.key !== 'Escape' || this.confirm.open) return;
      if (!this.menu.hidden) {
        event.preventDefault();
        this.toggleMenu(false);
        this.more.focus();
      } else if (this.isOpen && !this.full) {
        event.preventDefault();
        this.close();
      }
    }

    toggleMenu(open = this.menu.hidden) {
      this.menu.hidden = !open;
      this.more.setAttribute('aria-expanded', String(open));
    }

    toggleTimes() {
      const shown = this.log.classList.toggle('times');
      this.menu.querySelector('[aria-pressed]')?.setAttribute('aria-pressed', String(shown));
    }

    focusInside() {
      (FINGER.matches ? this.log : this.text).focus({ preventScroll: true });
    }

    save() {
      const lines = this.talk.lines.map((line) => {
        const time = line.at ? ` (${this.clock.format(line.at)})` : '';
        return `${line.from === 'bot' ? NAME : this.words.you}${time}:\n${line.text}\n`;
      });
      const address = URL.createObjectURL(new Blob([lines.join('\n')], { type: 'text/plain;charset=utf-8' }));
      const link = h('a', { href: address, download: `reinstate-${new Date().toISOString().slice(0, 10)}.txt` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
    }

    // --- drawing

    /** Show the conversation as it is now, once for all changes before the next frame. */
    draw() {
      if (this.talk.working) this.log.ariaBusy = 'true';
      if (this.drawing) return;
      this.drawing = true;
      requestAnimationFrame(() => {
        this.drawing = false;
        this.drawStatus();
        this.drawLines();
        this.log.ariaBusy = String(this.talk.working);
      });
    }

    /** Turns are nodes of their own, so that a browser lays out a long conversation quickly. */
    drawLines() {
      const { lines } = this.talk;
      const mine = lines.findLast((line) => line.from === 'person');
      if (mine?.state && !this.nodes.has(mine)) this.following = true;
      this.start.hidden = lines.length > 0 || this.talk.stale > 0;
      this.dots.hidden = !this.talk.writing;
      const turns = new Map();
      let turn = this.log;
      lines.forEach((line, index) => {
        const node = this.nodes.get(line) ?? this.drawLine(line, lines[index - 1]);
        if (!index || line.from === 'person') turn = this.turnNode(line);
        if (!turns.has(turn)) turns.set(turn, []);
        turns.get(turn).push(node);
        this.drawState(line, node);
      });
      for (const [node, inside] of turns) arrange(node, inside);
      arrange(this.log, [...turns.keys()]);
      this.anchor = mine && this.turnNode(mine);
      this.scroll();
    }

    /** @param {Line} line that begins a turn @returns {HTMLElement} */
    turnNode(line) {
      if (!this.turnNodes.has(line)) this.turnNodes.set(line, h('div', { class: 'turn' }));
      return this.turnNodes.get(line);
    }

    /** @param {Line} line @param {Line | undefined} before */
    drawLine(line, before) {
      const bot = line.from === 'bot';
      const node = h('div', { class: `line ${line.from}` });
      if (!bot) node.setAttribute('aria-live', 'off'); // the person knows what they wrote
      if (before?.from !== line.from) node.append(h('span', { class: 'hidden' }, `${bot ? NAME : this.words.you}: `));
      node.append(...(bot ? this.drawBotText(line.text) : [h('div', { class: 'text', dir: 'auto' }, ...linked(line.text))]));
      if (line.buttons.length) node.append(this.drawChoices(line.buttons));
      if (line.at) node.append(h('time', { datetime: new Date(line.at).toISOString() }, this.clock.format(line.at)));
      if (!bot && !line.pressed) use(this.offered.get(line.text));
      this.nodes.set(line, node);
      return node;
    }

    /** What the bot says; a letter in it stands on paper, with a button to copy it. @param {string} text */
    drawBotText(text) {
      const start = text.search(LETTER);
      const body = h('div', { class: 'text', lang: BOT_LANGUAGE }, ...blocks(start < 0 ? text : text.slice(0, start)));
      const first = body.firstElementChild;
      if (first !== body.lastElementChild && first.textContent.length < 100) first.classList.add('lead');
      if (start < 0) return [body];
      const letter = text.slice(start).trim();
      body.append(h('div', { class: 'paper', dir: 'auto' }, ...linked(letter)));
      const copying = button(this.words.copy, async () => {
        await copy(letter);
        copying.textContent = this.words.copied;
        setTimeout(() => { copying.textContent = this.words.copy; }, 3000);
      }, { class: 'choice' });
      return [body, h('div', { class: 'choices' }, copying)];
    }

    /** @param {Button[]} buttons */
    drawChoices(buttons) {
      const nodes = buttons.map((offer) => {
        const node = button(offer.title, () => use(node) && this.talk.press(offer), { class: 'choice', dir: 'auto', lang: BOT_LANGUAGE });
        this.offered.set(offer.title, node);
        return node;
      });
      return h('div', { class: 'choices', role: 'group', 'aria-label': this.words.choices }, ...nodes);
    }

    /** What becomes of a message, under it. @param {Line} line @param {HTMLElement} node */
    drawState(line, node) {
      const state = line.state === 'sent' ? '' : line.state ?? '';
      const key = state && `${state} ${line.words}`;
      if ((this.states.get(node) ?? '') === key) return;
      this.states.set(node, key);
      node.querySelector('.state')?.remove();
      if (!state) return;
      const { words, talk } = this;
      const act = (label, action) => button(label, () => {
        action();
        this.focusInside();
      });
      const said = {
        sending: words.sending,
        waiting: `${line.words} ${words.waiting}`,
        failed: `${words.failed} ${line.words}`,
      };
      const row = h('div', { class: `state ${state}`, role: state === 'failed' ? 'alert' : 'none' }, h('span', { dir: 'auto' }, said[state].trim()));
      if (state === 'waiting' && !line.words) row.append(act(words.now, () => talk.wake()));
      if (state === 'failed') row.append(act(words.again, () => talk.retry(line)), act(words.discard, () => talk.discard(line)));
      node.append(row);
    }

    drawStatus() {
      const { talk, words } = this;
      const trouble = talk.connection === 'ok' ? '' : words[talk.connection];
      const back = !trouble && !this.wasConnected ? words.back : '';
      this.wasConnected = !trouble;
      if (trouble || back || talk.notice) this.tell(trouble || back || words[talk.notice], Boolean(trouble || talk.notice));
      else if (this.kept) this.tell('');
      this.banner.classList.toggle('trouble', Boolean(trouble));
      const link = this.banner.querySelector('a');
      if (talk.connection !== 'refused') link?.remove();
      else if (!link) this.banner.append(h('a', { href: BASE, target: '_blank', rel: 'noopener' }, words.elsewhere));
    }

    /** Say something beside the conversation. @param {string} text @param {boolean} keep until it changes */
    tell(text, keep = false) {
      clearTimeout(this.hush);
      this.kept = keep;
      if (this.status.textContent !== text) this.status.textContent = text;
      if (text && !keep) this.hush = setTimeout(() => this.tell(''), 4000);
    }

    /** Where the reader follows: to the end, but never past the beginning of the last turn. */
    scroll() {
      const { pane } = this;
      if (this.following && this.talk.lines.length) {
        const end = pane.scrollHeight - pane.clientHeight;
        const turn = this.anchor ? this.anchor.offsetTop - 12 : end;
        pane.scrollTop = Math.min(end, turn);
      }
      this.drawNewest();
    }

    toEnd() {
      this.pane.scrollTop = this.pane.scrollHeight;
      this.focusInside();
    }

    drawNewest() {
      const { pane } = this;
      this.newest.hidden = pane.scrollHeight - pane.clientHeight - pane.scrollTop < 60;
    }
  }

  /** Mark a button as pressed. @param {HTMLElement | undefined} button @returns {boolean} false if it was */
  function use(button) {
    if (!button || button.ariaDisabled === 'true') return false;
    button.ariaDisabled = 'true'; // not `disabled`: the focus stays
    return true;
  }

  /** @param {string} text @returns {number} characters beyond what the server takes, if above zero */
  function excess(text) {
    return text.length <= LONGEST_TEXT ? 0 : [...text].length - LONGEST_TEXT;
  }

  // --- styles ------------------------------------------------------------------------------------

  const STYLES = `
:host { display: contents; }
:host([full]) { display: block; }
[hidden] { display: none !important; }
*, ::before, ::after { box-sizing: border-box; }

.root {
  all: initial;
  --paper: #f5f3ee; --card: #fff; --ink: #1c292d; --soft: #56646a; --rule: #dcd8ce; --edge: #83908f;
  --accent: #17635c; --brand: #17635c; --on-brand: #fff; --trouble: #8c2f16; --warm: #fdf1e3;
  --mine: color-mix(in srgb, var(--brand) 13%, var(--card));
  display: block; direction: ltr; color-scheme: light; color: var(--ink);
  font: 400 medium/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
.full { height: 100%; }
@media (prefers-color-scheme: dark) {
  .root {
    --paper: #11181a; --card: #1a2427; --ink: #e4ebe9; --soft: #a2b0b0; --rule: #2f3d40; --edge: #6f8183;
    --accent: #86d0c3; --brand: #86d0c3; --on-brand: #06211d; --trouble: #f2a58c; --warm: #33261c;
    --mine: color-mix(in srgb, var(--brand) 20%, var(--card));
    color-scheme: dark;
  }
}

button, textarea { font: inherit; color: inherit; }
button {
  display: inline-flex; align-items: center; justify-content: center; min-height: 44px; min-width: 44px;
  padding: .4em 1em; border: 1px solid var(--edge); border-radius: 12px; background: var(--card);
  cursor: pointer; touch-action: manipulation;
}
@media (hover: hover) { button:hover { border-color: var(--accent); } }
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
p, h2, h3, ol, ul { margin: 0; }
svg { width: 24px; height: 24px; flex: none; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.launcher { position: fixed; inset: auto 20px 20px auto; z-index: 2147483000; }
.launcher button {
  gap: .6em; min-height: 56px; padding: 0 1.3em 0 1.1em; border: 1px solid transparent; border-radius: 28px;
  background: var(--brand); color: var(--on-brand); font-weight: 600;
  box-shadow: 0 1px 2px #0003, 0 8px 24px #0003;
}
.launcher button:focus-visible { outline-color: var(--ink); box-shadow: 0 0 0 3px var(--card); }
.open .launcher { visibility: hidden; }

.panel {
  display: flex; flex-direction: column; overflow: hidden; padding: 0; margin: 0; border: 0;
  background: var(--paper); color: var(--ink); height: 100%; max-width: none; max-height: none;
}
dialog.panel {
  position: fixed; inset: auto 20px 20px auto; z-index: 2147483001;
  width: min(420px, 100vw - 40px); height: min(700px, 100vh - 40px);
  border: 1px solid var(--rule); border-radius: 18px; box-shadow: 0 2px 6px #0002, 0 16px 48px #0004;
}
dialog:not([open]) { display: none; }
.left .launcher, .left dialog.panel { inset: auto auto 20px 20px; }
@media (max-width: 560px), (max-height: 480px) {
  .root .panel { position: fixed; inset: var(--top, 0) 0 auto; width: 100%; height: var(--height, 100dvh); border: 0; border-radius: 0; }
}

header { display: flex; align-items: center; gap: .6em; padding: .5em .6em .5em 1em; background: var(--card); border-bottom: 1px solid var(--rule); }
header h2 { flex: 1; min-width: 0; font-size: 1.05em; font-weight: 650; overflow-wrap: anywhere; }
.mark { display: inline-flex; color: var(--accent); }
.tools { display: flex; align-items: center; }
.plain { padding: 0; border-color: transparent; background: none; color: var(--soft); }
.holder { position: relative; }
.menu {
  position: absolute; inset: calc(100% + 4px) 0 auto auto; z-index: 2; display: grid; min-width: 14em; padding: 6px;
  background: var(--card); border: 1px solid var(--rule); border-radius: 14px; box-shadow: 0 8px 28px #0003;
}
.menu button { justify-content: start; border-color: transparent; text-align: start; background: none; }
.menu [aria-pressed="true"]::after { content: "✓" / ""; margin-inline-start: auto; padding-inline-start: 1em; }

.banner { display: flex; flex-wrap: wrap; gap: 0 1em; align-items: center; font-size: .92em; background: var(--card); }
.banner.trouble { background: var(--warm); }
.banner .status:not(:empty) { padding: .6em 1.1em; }
.banner a { padding: .6em 1.1em; min-height: 44px; }

.middle { position: relative; flex: 1; min-height: 0; display: flex; }
.pane { position: relative; flex: 1; min-width: 0; overflow: hidden auto; overscroll-behavior: contain; padding: 20px 18px 12px; scrollbar-width: thin; }
.log, .start, .dots { max-width: 44em; margin-inline: auto; }
.log { outline-offset: 6px; border-radius: 8px; }
.log:empty { outline: none; }
.line { position: relative; margin-bottom: 10px; }
.person { padding-inline-start: 12%; margin-bottom: 18px; }
.turn + .turn { margin-top: 26px; }
.text { overflow-wrap: anywhere; border: 1px solid transparent; }
.bot > .text { width: fit-content; max-width: 100%; padding: .75em 1.05em; background: var(--card); border-color: var(--rule); border-radius: 4px 16px 16px 16px; }
p, li { text-wrap: pretty; }
.bot > .text > * + * { margin-top: .65em; }
.person > .text { width: fit-content; margin-inline-start: auto; padding: .6em 1em; white-space: pre-wrap; background: var(--mine); border-radius: 16px 16px 4px 16px; }
p.lead { font-weight: 600; }
ol, ul { padding-inline-start: 1.5em; }
li + li { margin-top: .35em; }
li::marker { color: var(--soft); }
time { display: none; margin: .25em .3em 0; font-size: .82em; color: var(--soft); }
.times time { display: block; }
.person time { text-align: end; }

.choices { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 10px; }
.choice { padding: .4em 1.05em; border-color: var(--accent); border-radius: 22px; color: var(--accent); font-weight: 550; text-align: start; }
.turn:not(:last-child) .choice { border-color: var(--edge); color: var(--soft); font-weight: 400; }
.choice[aria-disabled="true"] { border-style: dashed; border-color: var(--edge); background: none; color: var(--soft); font-weight: 400; cursor: default; }
.choice[aria-disabled="true"]::before { content: "✓" / ""; margin-inline-end: .45em; }

.paper { padding: 1.1em 1.2em; white-space: pre-wrap; background: var(--paper); border: 1px solid var(--rule); border-radius: 10px; font-family: Georgia, "Noto Serif", serif; }

.state { display: flex; flex-wrap: wrap; justify-content: end; align-items: center; gap: 4px 8px; margin-top: 4px; font-size: .88em; color: var(--soft); }
.state.sending { position: absolute; inset-inline-end: 0; top: 100%; margin-top: 0; visibility: hidden; animation: appear .1s .5s forwards; }
.state.failed { color: var(--trouble); }
.dots { display: flex; gap: 6px; padding: 14px 6px; }
.dots i { width: 8px; height: 8px; border: 1px solid transparent; border-radius: 50%; background: var(--soft); animation: breathe 1.4s infinite ease-in-out; }
.dots i + i { animation-delay: .18s; }
.dots i + i + i { animation-delay: .36s; }
.newest { position: absolute; inset: auto 16px 12px auto; width: 44px; padding: 0; border-color: var(--rule); border-radius: 50%; color: var(--accent); box-shadow: 0 2px 10px #0003; }

footer { padding: 10px 14px max(8px, env(safe-area-inset-bottom)); background: var(--card); border-top: 1px solid var(--rule); }
.composer, .hint { max-width: 46em; margin-inline: auto; }
.composer { display: flex; align-items: end; gap: 8px; }
textarea {
  flex: 1; min-width: 0; min-height: 48px; max-height: min(9.5em, 30vh); padding: .78em 1em; resize: none; field-sizing: content;
  background: var(--paper); border: 1px solid var(--edge); border-radius: 16px; line-height: 1.4;
}
textarea:focus-visible { outline-width: 2px; outline-offset: -1px; border-color: transparent; }
textarea::placeholder { color: var(--soft); opacity: 1; }
.send { flex: none; width: 48px; height: 48px; padding: 0; border-color: transparent; border-radius: 50%; background: var(--brand); color: var(--on-brand); }
.hint { margin-top: 6px; font-size: .82em; color: var(--soft); text-align: center; }
.trouble { color: var(--trouble); }

.confirm { width: min(26em, 100vw - 32px); padding: 1.4em; border: 1px solid var(--rule); border-radius: 18px; background: var(--card); color: var(--ink); }
.confirm::backdrop { background: #0b1416a6; }
.confirm h3 { font-size: 1.1em; margin-bottom: .5em; }
.confirm .trouble:not(:empty) { margin-top: .6em; }
.row { display: flex; flex-wrap: wrap; justify-content: end; gap: 10px; margin-top: 1.2em; }
.danger { border-color: var(--trouble); color: var(--trouble); font-weight: 600; }

@keyframes appear { to { visibility: visible; } }
@keyframes breathe { 0%, 60%, 100% { opacity: .3; } 30% { opacity: 1; } }
@keyframes rise { from { transform: translateY(8px); } }
@media (prefers-reduced-motion: no-preference) {
  .turn:last-child > .line { animation: rise .22s ease-out; }
  dialog.panel[open] { animation: rise .18s ease-out; }
}
@media (prefers-reduced-motion: reduce) { .dots i { animation: none; } }
@media (forced-colors: active) {
  .launcher button, .send, .plain, .text, .menu button { border-color: ButtonBorder; }
  .choice[aria-disabled="true"] { color: GrayText; border-color: GrayText; }
  .dots i { background: CanvasText; }
}
@media print {
  .root:not(.full), header, footer, .banner, .newest, .dots, .choices, .state { display: none !important; }
  .root, .root .panel, .middle, .pane { position: static; display: block; height: auto; overflow: visible; background: none; padding: 0; color: #000; }
  .root { --card: #fff; --paper: #fff; --ink: #000; --soft: #333; --rule: #999; --mine: #fff; color-scheme: light; }
  .line { break-inside: avoid; }
  .person > .text { border-color: #999; }
  .times time, time { display: block; }
}
`;

  // --- on the page -------------------------------------------------------------------------------

  if (customElements.get('reinstate-chat')) return; // the tag stands there twice
  customElements.define('reinstate-chat', ReinstateChat);

  /** The page's own element, or a launcher at its end. @returns {ReinstateChat} */
  const chat = () => {
    const present = document.querySelector('reinstate-chat');
    if (present) return present;
    const made = document.createElement('reinstate-chat');
    Object.assign(made.dataset, SCRIPT.dataset);
    return document.body.appendChild(made);
  };
  Object.assign(window, {
    Reinstate: Object.freeze({
      open: () => chat().open(),
      close: () => chat().close(),
      ask: (text) => chat().ask(text),
    }),
  });
  if (document.body) chat();
  else addEventListener('DOMContentLoaded', chat);
})();
