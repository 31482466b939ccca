"use strict";
// Filter, sort, CSV and paper for the tables of a report. Without this script all rows are on the page, most of them folded.
//
// <section data-export="file name" data-group="Status">   the tables below share a filter and a CSV file
//   <div class="tools"></div>                             the place of the search field and the buttons
//   <table data-group="Missing">                          its value of the column data-group
//     <th data-choices>                                   offers the values of the column as a choice
//     <th data-parts="Source|Type">                       the elements of each cell are columns of the CSV file
//     <th data-links>                                       of each cell, the address of its link is exported
//     <td data-value="2026-01-05T10:00:00Z">              what is sorted and exported, if it is not the text
//   <details class="rest">                                the rest of the table's rows
//
// The document holds only the first rows of each table, so that 15,000 rows stay fast; paper gets all of them.
(() => {
  const STEP = 500;
  const MAX_CHOICES = 500;
  const NUMBER = /^-?\d+(\.\d+)?$/;
  const FORMULA = /(^|;)([\s"]*)(?=[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/g; // a list separator starts a cell in some locales
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const format = (number) => number.toLocaleString("en");
  const plain = (text) => text.replace(/\s+/g, " ").trim();
  const textOf = (element) => (!element || element.matches(".nothing") ? "" : plain(element.textContent));
  const partsOf = (heading) => heading.dataset.parts?.split("|") ?? [plain(heading.textContent)];
  const valueOf = (cell, heading) => {
    if (cell.dataset.value !== undefined) return cell.dataset.value;
    const [child] = cell.children;
    if ("links" in heading.dataset) return child?.href ?? "";
    return textOf(heading.dataset.parts || child?.matches(".nothing") ? child : cell);
  };
  const valuesOf = (cell, heading) =>
    heading.dataset.parts ? partsOf(heading).map((_, index) => textOf(cell.children[index])) : [valueOf(cell, heading)];

  // A spreadsheet runs a cell that begins like a formula. An apostrophe makes it a text.
  const csvCell = (value) => {
    const text = plain(value);
    return `"${(NUMBER.test(text) ? text : text.replace(FORMULA, "$1$2'")).replaceAll('"', '""')}"`;
  };

  const download = (name, lines) => {
    const csv = "\uFEFF" + lines.map((cells) => cells.map(csvCell).join(",") + "\r\n").join("");
    const address = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
    make("a", { href: address, download: `${name.replace(/[^\w.-]+/g, "_")}.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  };

  // One table: keeps all rows, and has in the document the first of those that match.
  const prepareTable = (table) => {
    const body = table.tBodies[0];
    const headings = [...table.tHead.rows[0].cells];
    const titles = headings.map((heading) => plain(heading.textContent));
    const fold = table.closest("details");
    const rest = table.parentElement.querySelector(":scope > details.rest");
    const first = body.rows.length;
    const all = [...body.rows, ...(rest?.querySelectorAll("tbody > tr") ?? [])];
    const more = make("button", { type: "button", className: "more" });
    let limit = first;
    let matching = all;
    let sorted = null;
    rest?.remove();
    table.after(more);

    const show = () => {
      let shown = matching;
      if (sorted) {
        const { column, direction } = sorted;
        const keys = new Map(matching.map((row) => [row, valueOf(row.cells[column], headings[column])]));
        const last = (key) => key === ""; // rows without a value stay last in both directions
        shown = [...matching].sort((a, b) => {
          const [x, y] = [keys.get(a), keys.get(b)];
          return last(x) - last(y) || direction * collator.compare(x, y);
        });
      }
      const fragment = document.createDocumentFragment();
      for (const row of shown.slice(0, limit)) fragment.append(row);
      body.replaceChildren(fragment);
      more.textContent = `Show more of ${format(shown.length)} rows`;
      more.hidden = shown.length <= limit;
      return shown;
    };
    const sortBy = (column) => {
      const isSame = sorted?.column === column;
      sorted = isSame && sorted.direction < 0 ? null : { column, direction: isSame ? -1 : 1 };
      headings.forEach((heading, index) => {
        if (sorted?.column === index) heading.ariaSort = sorted.direction > 0 ? "ascending" : "descending";
        else heading.removeAttribute("aria-sort");
      });
      show();
    };
    headings.forEach((heading, column) => {
      const button = make("button", { type: "button", title: "Sort by this column" }, ...heading.childNodes);
      button.addEventListener("click", () => sortBy(column));
      heading.append(button);
    });
    more.addEventListener("click", () => {
      limit += STEP;
      show();
    });
    addEventListener("beforeprint", () => {
      const before = limit;
      limit = Infinity;
      show();
      addEventListener("afterprint", () => { limit = before; show(); }, { once: true });
    });
    show();

    return {
      all,
      headings,
      titles,
      group: table.dataset.group,
      columns: () => headings.flatMap((heading, index) => heading.dataset.parts?.split("|") ?? [titles[index]]),
      cells: (row) => headings.flatMap((heading, index) => valuesOf(row.cells[index], heading)),
      shown: show,
      filter: (matches, isFiltered) => {
        matching = isFiltered ? all.filter(matches) : all;
        limit = first;
        show();
        const place = fold ?? table.closest("article");
        if (place) place.hidden = matching.length === 0;
        if (fold) fold.open = isFiltered && matching.length > 0;
        return matching.length;
      },
    };
  };

  const prepareSection = (section) => {
    const tables = [...section.querySelectorAll("table:not(.rest table)")].map(prepareTable);
    if (!tables.length) return;
    const total = tables.reduce((sum, table) => sum + table.all.length, 0);
    const texts = new Map();
    const textOfRow = (row) => texts.get(row) ?? texts.set(row, row.textContent.toLowerCase()).get(row);
    const search = make("input", { type: "search", placeholder: "Filter", ariaLabel: "Show only rows with these words" });
    const count = make("output", {});
    const choices = tables[0].headings.flatMap((heading, column) => {
      if (!("choices" in heading.dataset)) return [];
      const values = new Set(tables.flatMap((table) => table.all.map((row) => valueOf(row.cells[column], heading))));
      if (values.size < 2 || values.size > MAX_CHOICES) return [];
      const title = tables[0].titles[column];
      const select = make("select", { ariaLabel: title }, new Option(`${title}: all`, "\0"));
      for (const value of [...values].sort(collator.compare)) select.add(new Option(value || "(none)", value));
      return [{ column, heading, select }];
    });

    const filter = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const chosen = choices.filter(({ select }) => select.value !== "\0");
      const matches = (row) =>
        chosen.every(({ column, heading, select }) => valueOf(row.cells[column], heading) === select.value) &&
        words.every((word) => textOfRow(row).includes(word));
      const shown = tables.reduce((sum, table) => sum + table.filter(matches, words.length + chosen.length > 0), 0);
      count.textContent = shown === total ? `${format(total)} rows` : `${format(shown)} of ${format(total)} rows`;
    };
    const exportRows = () => {
      const group = section.dataset.group;
      const lead = (value) => (group ? [value] : []);
      const lines = tables.flatMap((table) => table.shown().map((row) => [...lead(table.group), ...table.cells(row)]));
      download(section.dataset.export, [[...lead(group), ...tables[0].columns()], ...lines]);
    };

    const button = make("button", { type: "button", title: "Export the rows that match the filter" }, "CSV");
    button.addEventListener("click", exportRows);
    search.addEventListener("input", filter);
    for (const { select } of choices) select.addEventListener("change", filter);
    section.querySelector(".tools").append(search, ...choices.map(({ select }) => select), count, button);
    filter();
  };

  for (const section of document.querySelectorAll("[data-export]")) prepareSection(section);

  addEventListener("beforeprint", () => {
    const folded = document.querySelectorAll("details:not([open])");
    for (const fold of folded) fold.open = true;
    addEventListener("afterprint", () => { for (const fold of folded) fold.open = false; }, { once: true });
  });
})();
