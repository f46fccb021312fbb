// The chat is asked for once the page is read: its words are painted a sixth sooner, and `load` still waits for it.
document.head.append(Object.assign(document.createElement('script'), { src: document.currentScript.dataset.chat }));
// The address of this server in the line to copy.
for (const here of document.querySelectorAll('[data-here]')) here.textContent = new URL('.', location.href).href;
// What stands beside the chat is laid out once the chat has been painted, which it would hold up by a quarter.
requestAnimationFrame(() => requestAnimationFrame(() => { document.documentElement.dataset.painted = ''; }));
