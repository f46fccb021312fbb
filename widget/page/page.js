{
// The page /chat/ around the chat.
const root = document.documentElement;
const chat = document.querySelector('reinstate-chat');
const about = document.getElementById('about');

// The chat is asked for once the page is read: its words are painted a sixth sooner, and `load` still waits for it.
document.head.append(Object.assign(document.createElement('script'), { src: document.currentScript.dataset.chat }));
// The address of this server in the line to copy.
for (const here of document.querySelectorAll('[data-here]')) here.textContent = new URL('.', location.href).href;
// What stands beside the chat is laid out once the chat has been painted, which it would hold up by a quarter.
requestAnimationFrame(() => requestAnimationFrame(() => { root.dataset.painted = ''; }));

// Once a conversation has begun, what this is about folds away behind its button.
const fold = () => root.toggleAttribute('data-talking', chat.hasAttribute('talking'));
new MutationObserver(fold).observe(chat, { attributes: true, attributeFilter: ['talking'] });

// Browsers from before 2024 know no popovers.
if (!('popover' in HTMLElement.prototype)) {
  root.dataset.noPopover = '';
  const toggle = (open) => {
    about.classList.toggle('open', open);
    if (open) about.querySelector('button').focus();
  };
  for (const button of document.querySelectorAll('[popovertarget]')) {
    button.addEventListener('click', () => toggle(button.getAttribute('popovertargetaction') !== 'hide'));
  }
  about.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    toggle(false);
    document.querySelector('.about').focus();
  });
}
}
