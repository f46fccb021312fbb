/**
 * Whether everything that the widget and its page use is there in the oldest browsers that we support.
 *
 *     node supported.mjs
 *
 * Syntax is parsed as of ES2021; what of the DOM is used is found by TypeScript's types, and each member
 * and each property, selector and at-rule of CSS is looked up in MDN's table of browsers. What is newer
 * stands below with the reason why its absence does no harm. Exit code 1 and a line for each that does not.
 */
import { parse } from 'acorn';
import bcd from '@mdn/browser-compat-data' with { type: 'json' };
import { readFileSync } from 'node:fs';
import ts from 'typescript';

const OLDEST = { safari: 15, safari_ios: 15, chrome: 90, chrome_android: 90, firefox: 90, firefox_android: 90 };
const WITHOUT_HARM = {
  'CSSStyleSheet.CSSStyleSheet': 'styles.js fetches the sheet instead',
  'CSSStyleSheet.replaceSync': 'styles.js fetches the sheet instead',
  'ShadowRoot.adoptedStyleSheets': 'styles.js fetches the sheet instead',
  'Document.adoptedStyleSheets': 'then a letter is printed with the site around it',
  HTMLDialogElement: 'dialogs.js does without',
  'HTMLDialogElement.showModal': 'dialogs.js asks first',
  'HTMLDialogElement.close': 'dialogs.js asks first',
  'Window.visualViewport': 'asked for with ?.; only Firefox 90 lacks it',
  VisualViewport: 'asked for with ?.', 'VisualViewport.height': 'see visualViewport', 'VisualViewport.offsetTop': 'see visualViewport',
  'VisualViewport.scale': 'see visualViewport',
  '::backdrop': 'without it the page behind a dialog is not dimmed', ':focus-visible': 'the browser draws its own ring',
  'backdrop': 'without it the page behind a dialog is not dimmed', 'focus-visible': 'the browser draws its own ring',
  'color-scheme': 'scroll bars stay light', resize: 'nothing to resize by hand there', cursor: 'no pointer there',
  'AudioParam.linearRampToValueAtTime': 'no sound, then',
  'Window.print': 'view.js asks first', outline: 'a border that follows no round corner',
  'text-wrap': 'lines break a little less evenly', 'field-sizing': 'composer.js measures instead',
  'scrollbar-width': 'the usual scroll bar', 'overscroll-behavior': 'the page scrolls on at the end',
  'forced-color-adjust': 'only with forced colours: the mirror under a letter shows',
  'line-clamp': '-webkit-line-clamp is what counts', 'user-select': '-webkit-user-select stands beside it',
};

/** @returns {string[]} the oldest browsers that lack it */
function lacking(compat) {
  return Object.entries(OLDEST).filter(([browser, oldest]) => {
    const statements = [compat.__compat?.support?.[browser] ?? []].flat();
    return !statements.some((s) => !s.flags && s.version_added && s.version_added !== 'preview'
      && parseFloat(String(s.version_added).replace('≤', '')) <= oldest && !s.version_removed);
  }).map(([browser]) => browser);
}

const found = new Map();
function need(name, compat, where) {
  if (!compat?.__compat || name in WITHOUT_HARM) return;
  const browsers = lacking(compat);
  if (browsers.length) found.set(`${where}: ${name} is missing in ${browsers.join(', ')}`, true);
}

// --- the DOM

const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile);
const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
const program = ts.createProgram(fileNames, options);
const checker = program.getTypeChecker();
const MIXED_IN = ['Element', 'HTMLElement', 'Document', 'Node', 'Window', 'Navigator'];

function member(owner, name) {
  for (const each of [owner, ...MIXED_IN]) {
    const known = bcd.api[each]?.[name] ?? bcd.api[each]?.[`${name}_static`];
    if (known) return [`${each}.${name}`, known];
  }
  return [`${owner}.${name}`, undefined];
}

function visit(node, file) {
  const where = () => `${file.fileName.split('/').pop()}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
  if (ts.isPropertyAccessExpression(node)) {
    const symbol = checker.getSymbolAtLocation(node.name);
    const from = symbol?.declarations?.[0]?.getSourceFile().fileName ?? '';
    if (from.includes('/lib.dom')) {
      const parent = symbol.parent?.name ?? '__type';
      need(...member(parent.startsWith('__') ? node.expression.getText() : parent, node.name.text), where());
    }
  }
  if (ts.isNewExpression(node)) {
    const name = node.expression.getText();
    need(`${name}.${name}`, bcd.api[name]?.[name], where());
  }
  if (ts.isIdentifier(node) && !ts.isPropertyAccessExpression(node.parent)) {
    const symbol = checker.getSymbolAtLocation(node);
    const from = symbol?.declarations?.[0]?.getSourceFile().fileName ?? '';
    if (from.includes('/lib.dom') && !ts.isTypeNode(node.parent)) need(node.text, bcd.api[node.text] ?? bcd.api.Window[node.text], where());
  }
  ts.forEachChild(node, (child) => visit(child, file));
}

const IMPORT = /^import [^;]*;$/gm;
for (const file of program.getSourceFiles().filter(({ fileName }) => /^(?!.*node_modules).*\.js$/.test(fileName))) {
  visit(file, file);
  parse(file.text.replace(IMPORT, ''), { ecmaVersion: 2021, sourceType: 'module' });
}
parse(readFileSync('page/page.js', 'utf8'), { ecmaVersion: 2021 });

// --- styles

for (const name of ['tokens.css', 'widget.css', 'page/page.css']) {
  const css = readFileSync(name, 'utf8').replace(/\/\*.*?\*\//gs, '');
  for (const [, property] of css.matchAll(/[{;]\s*([a-z][a-z-]*)\s*:(?=[^{}]*[;}])/g)) need(property, bcd.css.properties[property], name);
  for (const [, selector] of css.matchAll(/::?([a-z-]+)(?=[^{};]*\{)/g)) need(selector, bcd.css.selectors[selector], name);
  for (const [, rule] of css.matchAll(/@([a-z-]+)/g)) need(`@${rule}`, bcd.css['at-rules'][rule], name);
}

for (const line of found.keys()) console.error(line);
process.exitCode = found.size ? 1 : 0;
