import assert from 'node:assert/strict';
import type { Browser, BrowserContextOptions, Locator, Page } from '@playwright/test';
import { eventually } from '../e2e/running-bridge.ts';
import type { RealOdoo } from './real-odoo.ts';

/** What the browser itself says in a test environment. */
const OWN_NOISE = /favicon|websocket|bus_worker|net::ERR_|Download the|fonts?\./i;
const CALL = /\/web\/(dataset|action|webclient)\//;
const WAIT_MS = 20_000;
/** Looks, 20 ms apart, without a call under way: then a page is thought to have what it shows. */
const QUIET_LOOKS = 10;
const XMLID = 'open_workshop_mqtt';

/** Somebody who has logged in at Odoo, in a browser's window of their own. */
export class OdooPages {
  readonly page: Page;
  /** Errors of scripts, and what Odoo shows in an error dialog. */
  readonly faults: string[] = [];
  readonly #url: string;
  /** Calls of the server that are not answered yet. */
  #asked = 0;

  private constructor(page: Page, url: string) {
    this.page = page;
    this.#url = url;
    page.setDefaultTimeout(WAIT_MS);
    page.on('request', (request) => {
      if (CALL.test(request.url())) this.#asked++;
    });
    for (const end of ['requestfinished', 'requestfailed'] as const) {
      page.on(end as 'requestfinished', (request) => {
        if (CALL.test(request.url())) this.#asked--;
      });
    }
    page.on('pageerror', (error) => this.faults.push(String(error)));
    page.on('console', (message) => {
      const text = message.text();
      if (message.type() === 'error' && !OWN_NOISE.test(text)) this.faults.push(text);
    });
  }

  static async login(
    browser: Browser,
    odoo: RealOdoo,
    [name, password]: readonly [string, string],
    options: BrowserContextOptions = {},
  ): Promise<OdooPages> {
    const context = await browser.newContext({ locale: 'en-US', ...options });
    const pages = new OdooPages(await context.newPage(), odoo.url);
    const { page } = pages;
    await page.goto(`${odoo.url}/web/login`);
    await page.locator('input[name=login]').fill(name);
    await page.locator('input[name=password]').fill(password);
    await page.locator('button[type=submit]').first().click();
    await page.waitForURL(/\/odoo/);
    await page.locator('.o_main_navbar').waitFor();
    return pages;
  }

  /** Opens one of the add-on's actions by its address. */
  async goto(action: string): Promise<void> {
    await this.page.goto(`${this.#url}/odoo/action-${XMLID}.${action}`);
    await this.loaded();
  }

  /** The add-on's menus and groups of menus from left to right, by the ID in its XML. */
  async menus(): Promise<string[]> {
    const entries = await this.page.locator('.o_menu_sections > [data-menu-xmlid]').all();
    const ids = await Promise.all(entries.map((entry) => entry.getAttribute('data-menu-xmlid')));
    return ids.map((id) => (id ?? '').replace(`${XMLID}.`, ''));
  }

  /** Chooses a menu with the mouse; `group` is the menu above it, when it is in one. */
  async open(menu: string, group?: string): Promise<void> {
    const entry = (id: string) => this.page.locator(`[data-menu-xmlid="${XMLID}.${id}"]`);
    const answered = this.page.waitForResponse(/\/web\/(action|dataset)\//);
    if (group) await entry(group).click();
    await entry(menu).click();
    await answered;
    await this.loaded();
  }

  /** Resolved when the page shows what it has. */
  async loaded(): Promise<void> {
    await this.page.locator('.o_action_manager > .o_action, .o_error_dialog').first().waitFor();
    let quiet = 0;
    await eventually(
      'a quiet page',
      async () => {
        quiet = this.#asked === 0 ? quiet + 1 : 0;
        return quiet > QUIET_LOOKS ? true : null;
      },
      WAIT_MS,
    );
  }

  /** Shows the records in another view: by a button, or on a phone in a menu. */
  async switchTo(view: 'Kanban' | 'Calendar' | 'Pivot' | 'Graph'): Promise<void> {
    const { page } = this;
    const button = page.locator(`.o_cp_switch_buttons .o_${view.toLowerCase()}`);
    if (await button.isVisible()) await button.click();
    else {
      await page.locator('.o_cp_switch_buttons button').click();
      await page.locator('.o-dropdown--menu').getByText(view, { exact: true }).click();
    }
    await this.loaded();
  }

  get heading(): Promise<string> {
    return this.page.locator('.o_control_panel .o_last_breadcrumb_item').first().innerText();
  }

  get rows(): Locator {
    return this.page.locator('.o_data_row, .o_kanban_record:not(.o_kanban_ghost)');
  }

  field(name: string): Locator {
    return this.page.locator(`.o_field_widget[name="${name}"]`).first();
  }

  async fill(name: string, value: string): Promise<void> {
    await this.field(name).locator('input, textarea').first().fill(value);
  }

  async press(button: string): Promise<void> {
    const answered = this.page.waitForResponse(/call_button|\/web\/dataset\//);
    // Before the words the name may have an icon, which is a letter of a font.
    const name = new RegExp(`^\\W*${button}$`);
    await this.page.getByRole('button', { name }).first().click();
    await answered;
    await this.loaded();
  }

  /** Waits for a notice, closes it, and gives its text. */
  async notice(): Promise<string> {
    const notice = this.page.locator('.o_notification').first();
    await notice.waitFor();
    const text = await notice.innerText();
    await notice.locator('.o_notification_close').click();
    return text;
  }

  /** @throws when a script failed or a dialog tells an error */
  async assertSound(where: string): Promise<void> {
    const dialogs = await this.page.locator('.o_error_dialog, .modal:has-text("Error")').allInnerTexts();
    assert.deepEqual([...this.faults, ...dialogs], [], where);
  }
}
