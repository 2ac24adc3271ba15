"""Words of the marketplace: names, categories, review texts. Pure data.

Categories, Portuguese and English, are those of the public Olist data set (CC BY-NC-SA 4.0 covers
its rows; the names of categories are facts), with approximate shares of sold items; the last two
have no translation there either. Names are common Brazilian first and family names; texts were
written for this project.
"""

FIRST_NAMES = (
    "Ana", "Antônia", "Antônio", "Beatriz", "Benedito", "Bruno", "Camila", "Carlos", "Cecília",
    "César", "Cláudia", "Daniel", "Débora", "Eduardo", "Elaine", "Érica", "Fábio", "Felipe",
    "Fernanda", "Flávia", "Francisca", "Francisco", "Gabriel", "Gonçalo", "Guilherme", "Heloísa",
    "Inês", "Isabela", "João", "Joaquim", "José", "Júlia", "Laís", "Larissa", "Letícia", "Luís",
    "Luíza", "Marcelo", "Márcia", "Marcos", "Maria", "Mário", "Mônica", "Patrícia", "Paulo",
    "Pedro", "Rafael", "Raimunda", "Rita", "Sebastião", "Sérgio", "Sônia", "Thaís", "Verônica",
    "Vinícius", "Vitória",
)  # fmt: skip

FAMILY_NAMES = (
    "Almeida", "Alves", "Andrade", "Araújo", "Barbosa", "Barros", "Batista", "Borges", "Cardoso",
    "Carvalho", "Castro", "Conceição", "Costa", "Dias", "Fernandes", "Ferreira", "Freitas",
    "Gomes", "Gonçalves", "Guimarães", "Lima", "Lopes", "Machado", "Magalhães", "Marques",
    "Martins", "Melo", "Mendes", "Moreira", "Nascimento", "Nogueira", "Nunes", "Oliveira",
    "Pereira", "Pinheiro", "Ramos", "Ribeiro", "Rocha", "Rodrigues", "Sá", "Santos", "Silva",
    "Simões", "Soares", "Souza", "Teixeira", "Vieira", "Xavier",
)  # fmt: skip

MAIL_DOMAINS = ("exemplo.com.br", "correio.exemplo.com.br", "mail.exemplo.com")
"""Names under exemplo.com.br and exemplo.com, which stand for no real person's mail."""

SELLER_KINDS = (
    "Comércio", "Distribuidora", "Importadora", "Loja", "Magazine", "Eletrônicos", "Móveis",
    "Utilidades", "Papelaria", "Artesanato",
)  # fmt: skip

CATEGORIES: tuple[tuple[str, str, int, int], ...] = (
    # Portuguese, English, weight among products, median price in cents
    ("cama_mesa_banho", "bed_bath_table", 988, 7900),
    ("beleza_saude", "health_beauty", 859, 7900),
    ("esporte_lazer", "sports_leisure", 768, 7800),
    ("moveis_decoracao", "furniture_decor", 740, 6700),
    ("informatica_acessorios", "computers_accessories", 695, 8200),
    ("utilidades_domesticas", "housewares", 619, 5900),
    ("relogios_presentes", "watches_gifts", 533, 12900),
    ("telefonia", "telephony", 403, 2990),
    ("ferramentas_jardim", "garden_tools", 386, 5990),
    ("automotivo", "auto", 376, 8690),
    ("brinquedos", "toys", 366, 7990),
    ("cool_stuff", "cool_stuff", 337, 9790),
    ("perfumaria", "perfumery", 304, 8900),
    ("bebes", "baby", 272, 8500),
    ("eletronicos", "electronics", 246, 2990),
    ("papelaria", "stationery", 223, 4490),
    ("fashion_bolsas_e_acessorios", "fashion_bags_accessories", 180, 5490),
    ("pet_shop", "pet_shop", 173, 7490),
    ("moveis_escritorio", "office_furniture", 150, 12900),
    ("consoles_games", "consoles_games", 101, 5490),
    ("malas_acessorios", "luggage_accessories", 97, 9900),
    ("construcao_ferramentas_construcao", "construction_tools_construction", 83, 8900),
    ("eletrodomesticos", "home_appliances", 68, 18900),
    ("instrumentos_musicais", "musical_instruments", 60, 13900),
    ("eletroportateis", "small_appliances", 60, 19900),
    ("casa_construcao", "home_construction", 54, 6990),
    ("livros_interesse_geral", "books_general_interest", 49, 5990),
    ("alimentos", "food", 46, 3990),
    ("moveis_sala", "furniture_living_room", 45, 9990),
    ("casa_conforto", "home_confort", 39, 7990),
    ("bebidas", "drinks", 34, 3590),
    ("audio", "audio", 32, 9990),
    ("market_place", "market_place", 28, 5990),
    ("construcao_ferramentas_iluminacao", "construction_tools_lights", 27, 7990),
    ("climatizacao", "air_conditioning", 26, 11990),
    (
        "moveis_cozinha_area_de_servico_jantar_e_jardim",
        "kitchen_dining_laundry_garden_furniture",
        25,
        11900,
    ),
    ("alimentos_bebidas", "food_drink", 25, 3990),
    ("industria_comercio_e_negocios", "industry_commerce_and_business", 24, 8990),
    ("livros_tecnicos", "books_technical", 23, 6500),
    ("telefonia_fixa", "fixed_telephony", 23, 7990),
    ("fashion_calcados", "fashion_shoes", 23, 7990),
    ("eletrodomesticos_2", "home_appliances_2", 21, 29900),
    ("agro_industria_e_comercio", "agro_industry_and_commerce", 19, 14900),
    ("artes", "art", 18, 7990),
    ("pcs", "computers", 17, 109900),
    ("sinalizacao_e_seguranca", "signaling_and_security", 16, 5990),
    ("construcao_ferramentas_seguranca", "construction_tools_safety", 16, 8990),
    ("artigos_de_natal", "christmas_supplies", 12, 4990),
    ("fashion_roupa_masculina", "fashion_male_clothing", 11, 7490),
    ("dvds_blu_ray", "dvds_blu_ray", 6, 5990),
    ("flores", "flowers", 4, 3990),
    ("portateis_cozinha_e_preparadores_de_alimentos", "", 4, 18900),
    ("pc_gamer", "", 3, 19900),
)

GOOD_TITLES = ("Recomendo", "Ótimo", "Muito bom", "Excelente!", "Super recomendo", "Nota 10")
GOOD_MESSAGES = (
    "Chegou antes do prazo, produto excelente.",
    "Muito bom, igual à descrição do anúncio.",
    "Adorei! Comprarei de novo com certeza.",
    "Entrega rápida, embalagem caprichada; recomendo a todos.",
    "Produto de ótima qualidade e preço justo.",
    "Parabéns à loja: atenção, rapidez e educação.",
    "Minha mãe amou o presente, obrigada!",
    'Tudo certo. "Nota dez" para o vendedor.',
    "Recebi bem antes da data prevista.\nEstou satisfeita.",
)
FAIR_TITLES = ("Bom", "Razoável", "Mais ou menos", "Regular")
FAIR_MESSAGES = (
    "O produto é bom, mas a entrega demorou um pouco.",
    "Veio sem o manual de instruções; funciona bem.",
    "A cor não é exatamente a da foto.",
    "Esperava mais pela descrição, porém atende.",
    "Razoável pelo preço. Não sei se compraria de novo.",
    "Chegou no prazo, com a caixa amassada; o conteúdo está intacto.",
)
BAD_TITLES = ("Não recomendo", "Péssimo", "Não recebi", "Decepção", "Atraso")
BAD_MESSAGES = (
    "Até agora não recebi o produto e ninguém responde.",
    "Atrasou mais de uma semana, péssima experiência.",
    "Veio com defeito; já pedi a devolução e nada.",
    "Comprei dois e recebi só um. Quero o meu dinheiro!",
    "Produto diferente do anunciado: é difícil acreditar na descrição.",
    "A transportadora diz que entregou, mas não é verdade.\nAguardo solução.",
    "Não recomendo: qualidade muito baixa, acabamento ruim.",
)

AREA_CODES = (
    "68", "82", "92", "96", "71", "85", "61", "27", "62", "98", "31", "67", "65", "91", "83",
    "81", "86", "41", "21", "84", "69", "95", "51", "48", "79", "11", "63",
)  # fmt: skip
"""Telephone area code of each state's capital, in the order of geography.STATES."""

LEAD_ORIGINS = (
    "organic_search", "paid_search", "social", "direct_traffic", "email", "referral", "display",
    "other",
)  # fmt: skip
"""Where leads come from, those of most leads first."""
