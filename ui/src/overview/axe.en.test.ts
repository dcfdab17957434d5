import { pagesAreAccessible } from "../test/pages.axe";

pagesAreAccessible();
