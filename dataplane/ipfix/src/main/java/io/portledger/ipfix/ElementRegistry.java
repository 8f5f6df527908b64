package io.portledger.ipfix;

import io.netty.util.collection.LongObjectHashMap;
import java.util.Collection;

/** The information elements that a decoder knows by name and type. Immutable. */
public final class ElementRegistry {

    private static final ElementRegistry IANA = new ElementRegistry(new LongObjectHashMap<>(), Iana.ELEMENTS)
            .with(NetflowElements.ELEMENTS)
            .with(ReverseElements.ELEMENTS)
            .with(NokiaElements.ELEMENTS);

    private final LongObjectHashMap<InformationElement> elements;

    private ElementRegistry(LongObjectHashMap<InformationElement> base, Collection<InformationElement> more) {
        elements = new LongObjectHashMap<>(base.size() + more.size());
        elements.putAll(base);
        for (InformationElement element : more) {
            elements.put(element.key(), element);
        }
    }

    /**
     * {@link Iana#ELEMENTS}, and those of {@link NetflowElements}, {@link ReverseElements} and {@link NokiaElements}, which
     * have other numbers.
     */
    public static ElementRegistry iana() {
        return IANA;
    }

    /** This registry and {@code more}, which win over those with the same numbers. */
    public ElementRegistry with(Collection<InformationElement> more) {
        return new ElementRegistry(elements, more);
    }

    /** The element with these numbers; if it is not registered, a nameless octet array. */
    public InformationElement find(long enterpriseNumber, int id) {
        InformationElement known = elements.get(InformationElement.key(enterpriseNumber, id));
        if (known != null) {
            return known;
        }
        String name = enterpriseNumber == 0 ? "element " + id : "element " + id + " of enterprise " + enterpriseNumber;
        return new InformationElement(enterpriseNumber, id, name, DataType.OCTET_ARRAY);
    }
}
